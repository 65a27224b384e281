import HTTPTypes
import Ingest

/// What is wrong with requests that have an `Idempotency-Key`.
extension Problem {
    static let idempotencyKeyMalformed = Self(
        .badRequest,
        "idempotency-key-malformed",
        "The Idempotency-Key is malformed.",
        detail: "It is a string of 1 to \(IdempotencyKey.lengthLimit) printable characters, such as a UUID."
    )

    /// 409: both requests would store the files.
    static let idempotencyKeyInUse: Self = {
        var problem = Self(
            .conflict,
            "idempotency-key-in-use",
            "The request is still running.",
            detail: "A request with this Idempotency-Key is still running: try again when it has ended."
        )
        problem.headers[.retryAfter] = delay(.seconds(1))
        return problem
    }()

    static let idempotencyKeyReused = Self(
        .unprocessableContent,
        "idempotency-key-reused",
        "The Idempotency-Key belongs to another request.",
        detail: "A request with this Idempotency-Key stored something else: choose another key."
    )
}
