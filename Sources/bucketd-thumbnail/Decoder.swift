import CSandbox
import CVips
import Glibc
import ThumbnailWire

/// Decodes one image in a process that is locked in.
struct Decoder {
    let request: ThumbnailRequest
    let source: CInt
    let outputs: [CInt]

    func run() -> ThumbnailReply {
        var reply = ThumbnailReply(id: request.id, status: .failed)
        do {
            let (image, hasProfile) = try readHeader()
            reply.source = image
            try check(image)
            reply.outputs = try render(hasProfile: hasProfile)
            reply.status = .ok
        } catch {
            reply.status = error.status
            reply.message = error.message
        }
        return reply
    }

    private func readHeader() throws(Refusal) -> (SourceImage, hasProfile: Bool) {
        var found = stat()
        guard fstat(source, &found) == 0 else { throw Refusal(.failed, "source: error \(errno)") }
        let head = [UInt8](unsafeUninitializedCapacity: ImageSignature.length) { buffer, count in
            count = max(0, pread(source, buffer.baseAddress, buffer.count, 0))
        }
        guard let format = ImageSignature.format(of: head) else { throw Refusal(.notApplicable) }
        guard UInt64(found.st_size) <= request.limits.sourceSize else {
            throw Refusal(.tooLarge, "\(found.st_size) bytes, at most \(request.limits.sourceSize)")
        }
        var header = cvips_header()
        guard cvips_header(source, format.loader, &header) == 0, header.width > 0, header.height > 0 else {
            throw .ofLibrary
        }
        let pages = max(1, header.pages)
        let image = SourceImage(format: format, width: header.width, height: header.height, pages: pages)
        return (image, header.has_profile)
    }

    private func check(_ image: SourceImage) throws(Refusal) {
        let limits = request.limits
        guard max(image.width, image.height) <= Wire.maxSide else {
            throw Refusal(.tooLarge, "\(image.width)x\(image.height), at most \(Wire.maxSide) a side")
        }
        // Those of the first page: others are counted, and neither loaded nor decoded.
        let pixels = UInt64(image.width) * UInt64(image.height)
        guard pixels <= limits.pixels else { throw Refusal(.tooLarge, "\(pixels) pixels, at most \(limits.pixels)") }
    }

    /// The largest is made from the file, every other from the one before it.
    private func render(hasProfile: Bool) throws(Refusal) -> [ThumbnailOutput] {
        var results = [ThumbnailOutput?](repeating: nil, count: outputs.count)
        var picture: OpaquePointer?
        for index in outputs.indices.sorted(by: { request.boxes[$0] > request.boxes[$1] }) {
            let box = CInt(request.boxes[index])
            let smaller =
                if let picture { cvips_shrink(picture, box) } else { cvips_thumbnail(source, box, hasProfile) }
            if let picture { cvips_release(picture) }
            guard let smaller else { throw .ofLibrary }
            picture = smaller
            results[index] = try write(smaller, to: outputs[index])
        }
        return results.compactMap(\.self)
    }

    private func write(_ picture: OpaquePointer, to output: CInt) throws(Refusal) -> ThumbnailOutput {
        let bytes = try encode(picture)
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(output, $0.baseAddress.map { $0 + written }, $0.count - written, off_t(written))
            }
            guard count > 0 else { throw Refusal(.failed, "writing: error \(errno)") }
            written += count
        }
        return ThumbnailOutput(
            width: UInt16(clamping: cvips_width(picture)),
            height: UInt16(clamping: cvips_height(picture)),
            size: UInt32(clamping: bytes.count)
        )
    }

    private func encode(_ picture: OpaquePointer) throws(Refusal) -> [UInt8] {
        var start: UnsafeRawPointer?
        var size = 0
        let format = request.format == .webp ? CVIPS_WEBP : CVIPS_JPEG
        guard cvips_encode(picture, format, CInt(request.quality), &start, &size) == 0 else { throw .ofLibrary }
        let bytes = Array(UnsafeRawBufferPointer(start: start, count: size))
        guard request.format == .webp else { return bytes }
        guard let bare = WebPContainer.withoutMetadata(bytes) else { throw Refusal(.failed, "encoding: no WebP") }
        return bare
    }
}

/// Why there is no thumbnail.
private struct Refusal: Error {
    let status: ThumbnailStatus
    let message: PrintableText

    init(_ status: ThumbnailStatus, _ message: String = "") {
        self.status = status
        self.message = PrintableText(sanitizing: message)
    }

    /// What libvips says of its last failure.
    static var ofLibrary: Refusal {
        let status: ThumbnailStatus =
            switch cvips_failure() {
            case _ where csandbox_was_refused_memory(): .outOfMemory
            case CVIPS_NO_MEMORY: .outOfMemory
            case CVIPS_TOO_LARGE: .tooLarge
            case CVIPS_UNSUPPORTED: .unsupported
            default: .damaged
            }
        return Refusal(status, cvips_failure_text().map { String(cString: $0) } ?? "")
    }
}

extension ImageFormat {
    /// The name of the libvips operation that loads this format.
    fileprivate var loader: String {
        switch self {
        case .jpeg: "jpegload_source"
        case .png: "pngload_source"
        case .webp: "webpload_source"
        case .gif: "gifload_source"
        case .tiff: "tiffload_source"
        case .avif, .heic: "heifload_source"
        }
    }
}
