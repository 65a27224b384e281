/// An upload that outlives its requests, as the ledger knows it.
package struct UploadRecord: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        /// Takes bytes.
        case open
        /// What it brought is published; kept until it expires, for clients that never saw the answer.
        case complete
    }

    package let id: UploadID
    package var state: State
    /// Bytes that are on stable storage: what clients are told never goes back behind it.
    ///
    /// Of a complete upload, all.
    package var offset: Int64
    /// Bytes, once a client has said; the upload is then exactly as long.
    package var length: Int64?
    /// Whose it is (`Uploader.id`); nil: nobody's, as where nobody is told from another.
    package var owner: String?
    /// What is to become of it, in the words of the protocol that began it.
    package var request: [UInt8]
    /// Uploads that it is made of, in their order, once all of them are whole; empty for one that clients send.
    package var pieces: [UploadID]
    /// The address that it is counted for.
    package var source: String?
    package var createdAt: Timestamp
    /// From then on it does not exist any more.
    package var expiresAt: Timestamp

    package init(
        id: UploadID,
        state: State = .open,
        offset: Int64 = 0,
        length: Int64?,
        owner: String?,
        request: [UInt8],
        pieces: [UploadID] = [],
        source: String? = nil,
        createdAt: Timestamp,
        expiresAt: Timestamp
    ) {
        self.id = id
        self.state = state
        self.offset = offset
        self.length = length
        self.owner = owner
        self.request = request
        self.pieces = pieces
        self.source = source
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }

    /// Whether it is still to be made of others.
    package var awaitsPieces: Bool { state == .open && !pieces.isEmpty }
}

/// An upload that outlives its requests and is whole.
package struct CompletedResource: Sendable, Hashable {
    package var id: UploadID
    /// Bytes of the upload, of which its files need not be all.
    package var length: Int64
    /// Until when the upload is known at the least, for clients that lost the answer.
    package var expiresAt: Timestamp

    package init(id: UploadID, length: Int64, expiresAt: Timestamp) {
        self.id = id
        self.length = length
        self.expiresAt = expiresAt
    }
}

/// How far an upload has come.
package struct UploadProgress: Sendable, Equatable {
    /// Bytes that are on stable storage.
    package var offset: Int64
    package var length: Int64?
    package var expiresAt: Timestamp

    package init(offset: Int64, length: Int64?, expiresAt: Timestamp) {
        self.offset = offset
        self.length = length
        self.expiresAt = expiresAt
    }
}
