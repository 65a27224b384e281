/// A place where a plan can hold an operation or make it fail.
package enum FaultStep: Sendable, Hashable, CustomStringConvertible {
    /// Before a system call.
    case call(FileCall)
    /// Before a transaction of the ledger: nothing of it is known yet.
    case handedIn(LedgerCall)
    /// After the transaction, before its caller is told.
    case answered(LedgerCall)

    package var description: String {
        switch self {
        case .call(let call): call.rawValue
        case .handedIn(let call): "\(call.rawValue), handed in"
        case .answered(let call): "\(call.rawValue), answered"
        }
    }
}

extension FaultStep {
    /// Whether it fails on a disk that is full.
    var takesSpace: Bool {
        switch self {
        case .handedIn: true
        case .answered: false
        case .call(let call):
            [.create, .write, .reserve, .setAttribute, .rename, .renameExclusively, .link, .makeDirectory]
                .contains(call)
        }
    }
}

/// A mutating call of the ledger.
package enum LedgerCall: String, Sendable, Hashable, CaseIterable {
    case recordPublication
    case movePublication
    case withdrawPublication
    case markGone
    case markCorrupt
    case renewIdentity
    case beginDeletion
    case finishDeletion
    case revokeDeletion
    case pruneFiles
    case pruneEvents
    case replaceForeignFiles
    case recordUpload
    case recordProgress
    case removeUploads
}

/// A kind of system call.
package enum FileCall: String, Sendable, Hashable, CaseIterable {
    case open
    case create
    case openBeneath
    case duplicate
    case close
    case write
    case read
    case resize
    case reserve
    case startWriteback
    case syncData
    case syncDirectory
    case dropCachedPages
    case status
    case statusOfName
    case setMode
    case setGroup
    case setModificationTime
    case setAttribute
    case attribute
    case renameExclusively
    case rename
    case link
    case unlink
    case makeDirectory
    case removeDirectory
    case entries
    case space
}
