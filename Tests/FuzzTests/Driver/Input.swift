import Glibc

/// Set before the fuzzer starts, from the environment: libFuzzer keeps the arguments for itself.
let target = getenv("FUZZ_TARGET").map { String(cString: $0) }.flatMap(FuzzTarget.init)

func check(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let target else { fatalError("FUZZ_TARGET is one of \(FuzzTarget.allCases.map(\.rawValue))") }
    do {
        try target.check(Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
        fatalError("\(error)")
    }
    return 0
}

/// The name that the fuzzer's own entry point links against.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt { check(bytes, count) }
