# shellcheck shell=bash
# Python tools of the tests, in a virtual environment of the checkout.

# Installs what Tests/requirements.txt lists into .venv, once per version of that list. Nothing listed, nothing done.
python_tools() {
    local list=$1/Tests/requirements.txt environment=$1/.venv
    [[ -s $list ]] || return 0
    if ! cmp -s "$list" "$environment/requirements.txt"; then
        install_packages <(printf 'python3-venv\n')
        say "Installing Python tools into .venv"
        python3 -m venv "$environment"
        "$environment/bin/pip" install --quiet --requirement "$list"
        cp "$list" "$environment/requirements.txt"
    fi
    export PATH=$environment/bin:$PATH
}
