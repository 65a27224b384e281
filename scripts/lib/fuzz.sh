# shellcheck shell=bash
# Fuzzing, after console.sh, in the repository's root.

# fuzz_all SECONDS: every target for so long, from the corpus of Tests/FuzzTests and what earlier runs added in
# .build-fuzz. What breaks a property is kept in .build-fuzz/findings; mended, it belongs into the corpus.
fuzz_all() {
    local seconds=$1 target corpus findings=.build-fuzz/findings status=0
    step "Building for libFuzzer"
    # The Swift toolchain's default linker, gold, fails on the instrumented objects.
    BUCKETD_FUZZ=1 swift build --manifest-cache none --scratch-path .build-fuzz --product bucketd-fuzz \
        -Xswiftc -sanitize=fuzzer -Xswiftc -O -Xswiftc -use-ld=lld
    mkdir -p "$findings"
    for corpus in Tests/FuzzTests/Corpus/*/; do
        target=$(basename "$corpus")
        step "Fuzzing $target for $seconds s"
        mkdir -p ".build-fuzz/corpus/$target"
        # With Swift's own crash handler in place libFuzzer installs none, and keeps no input.
        SWIFT_BACKTRACE=enable=no FUZZ_TARGET=$target .build-fuzz/debug/bucketd-fuzz -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
            -print_final_stats=1 -verbosity=0 -artifact_prefix="$findings/$target-" \
            ".build-fuzz/corpus/$target" "$corpus" 2>&1 |
            grep -aE '^stat::(number|peak)|Fatal error|ERROR|Test unit written' || status=1
    done
    ((status == 0)) || fail "what was found is in $findings"
    say "No property was broken."
}
