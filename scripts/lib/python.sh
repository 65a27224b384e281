# shellcheck shell=bash
# Python programs, in virtual environments of the checkout.

# Installs what a list of requirements names into a virtual environment, once per version of the list.
python_environment() {
    local list=$1 environment=$2
    cmp -s "$list" "$environment/requirements.txt" && return
    install_packages <(printf 'python3-venv\n') || return
    say "Installing Python packages into $environment"
    python3 -m venv "$environment" || return
    "$environment/bin/pip" install --quiet --requirement "$list" || return
    cp "$list" "$environment/requirements.txt"
}

# What Tests/requirements.txt lists, into .venv. Nothing listed, nothing done.
python_tools() {
    local list=$1/Tests/requirements.txt environment=$1/.venv
    [[ -s $list ]] || return 0
    python_environment "$list" "$environment"
    export PATH=$environment/bin:$PATH
}
