import Access
import HTTPTypes

@testable import UploadAPI

/// What is sent to one route, and what it comes to for whom.
struct AccessRow: Sendable {
    /// In the directory `in/a`, where it is in any.
    let target: String
    var fields: [String: String] = [:]
    var body: String?
    /// Any of them is enough; empty: any token is, nil: none is needed.
    let scopes: [Scope]?
    /// With a token that allows it.
    let allowed: Int
    /// With one that allows it in another directory.
    var elsewhere = 403

    private static let form = ["Content-Type": "multipart/form-data; boundary=B"]
    private static let formBody =
        "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"b.txt\"\r\n\r\nhello\r\n--B--\r\n"

    /// By method and template; `{id}` in a target stands for an upload of the token `owner`.
    static let all: [String: Self] = [
        "POST /upload-file": Self(
            target: "/upload-file",
            fields: form,
            body: formBody,
            scopes: [.upload],
            allowed: 200
        ),
        "POST /files": Self(target: "/files", fields: form, body: formBody, scopes: [.upload], allowed: 201),
        "POST /files/{directory}/": Self(
            target: "/files/in/a/",
            fields: form,
            body: formBody,
            scopes: [.upload],
            allowed: 201
        ),
        "GET /files": Self(target: "/files", scopes: [.read], allowed: 200),
        "GET /files/{directory}/": Self(target: "/files/in/a/", scopes: [.read], allowed: 200),
        "GET /files/{path}": Self(target: "/files/in/a/there", scopes: [.read], allowed: 200),
        "HEAD /files/{path}": Self(target: "/files/in/a/there", scopes: [.read], allowed: 200),
        "PUT /files/{path}": Self(target: "/files/in/a/new", body: "x", scopes: [.upload], allowed: 201),
        "PUT /files/{directory}/": Self(target: "/files/in/a/", body: "x", scopes: [.upload], allowed: 400),
        "DELETE /files/{path}": Self(target: "/files/in/a/there", scopes: [.delete], allowed: 204),
        "DELETE /files/{directory}/": Self(target: "/files/in/a/", scopes: [.delete], allowed: 409),
        // Another's upload is not there.
        "GET /uploads/{id}": Self(target: "/uploads/{id}", scopes: [.upload], allowed: 404, elsewhere: 404),
        "PATCH /uploads/{id}": Self(
            target: "/uploads/{id}",
            fields: [
                "Upload-Offset": "0", "Upload-Complete": "?0", "Content-Type": "application/partial-upload",
                "Upload-Draft-Interop-Version": "8",
            ],
            body: "x",
            scopes: [.upload],
            allowed: 404,
            elsewhere: 404
        ),
        "POST /uploads/{id}": Self(
            target: "/uploads/{id}",
            fields: ["X-HTTP-Method-Override": "HEAD"],
            scopes: [.upload],
            allowed: 404,
            elsewhere: 404
        ),
        "DELETE /uploads/{id}": Self(target: "/uploads/{id}", scopes: [.upload], allowed: 404, elsewhere: 404),
        "GET /thumbnails/{path}": Self(target: "/thumbnails/in/a/there", scopes: [.read], allowed: 404),
        "GET /jobs": Self(target: "/jobs", scopes: [.admin], allowed: 200),
        "GET /jobs/{id}": Self(target: "/jobs/4711", scopes: [.admin], allowed: 404),
        "POST /jobs/{id}/retry": Self(target: "/jobs/4711/retry", scopes: [.admin], allowed: 404),
        "DELETE /jobs/{id}": Self(target: "/jobs/4711", scopes: [.admin], allowed: 404),
        "POST /run-tasks": Self(target: "/run-tasks", scopes: [.admin], allowed: 202),
        "GET /tickets": Self(target: "/tickets", scopes: [.admin], allowed: 200),
        // Tested with tickets over the daemon: here are none.
        "POST /tickets": Self(target: "/tickets", body: "{}", scopes: [.admin], allowed: 409),
        "GET /tickets/{id}": Self(target: "/tickets/0123456789abcdef", scopes: [.admin], allowed: 404),
        "DELETE /tickets/{id}": Self(target: "/tickets/0123456789abcdef", scopes: [.admin], allowed: 404),
        "GET /metrics": Self(target: "/metrics", scopes: [.admin], allowed: 200),
        "GET /healthz": Self(target: "/healthz", scopes: nil, allowed: 200),
        "GET /readyz": Self(target: "/readyz", scopes: nil, allowed: 200),
        "GET /page.css": Self(target: "/page.css", scopes: nil, allowed: 200),
        "GET /favicon.ico": Self(target: "/favicon.ico", scopes: nil, allowed: 200),
        "GET /": Self(target: "/", scopes: [.read, .upload], allowed: 200, elsewhere: 200),
        "GET /openapi.json": Self(target: "/openapi.json", scopes: [], allowed: 200, elsewhere: 200),
        "GET /docs": Self(target: "/docs", scopes: [], allowed: 200, elsewhere: 200),
    ]
}
