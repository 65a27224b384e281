import HTTPTypes
import Testing

@testable import UploadAPI

@Suite struct DescriptionTests {
    private static let methods: Set<String> = ["get", "head", "post", "put", "patch", "delete"]

    private func description() throws -> JSONValue {
        try #require(JSONValue(parsing: PackageResources.openapi_json))
    }

    @Test func routesAndDescriptionAgree() throws {
        let described = try description()["paths"]?.members.flatMap { path in
            path.value.members.filter { Self.methods.contains($0.name) }.map { "\($0.name.uppercased()) \(path.name)" }
        }
        let served = TestService().service.routes.map { "\($0.method.rawValue) \($0.template.text)" }
        #expect(Set(described ?? []) == Set(served))
        #expect(Set(served).count == served.count)
    }

    @Test func everyReferenceLeadsSomewhere() throws {
        let description = try description()
        var open = [description]
        var count = 0
        while let value = open.popLast() {
            open += value.elements + value.members.map(\.value)
            guard let reference = value["$ref"]?.text else { continue }
            count += 1
            let target = reference.split(separator: "/").dropFirst().reduce(JSONValue?.some(description)) {
                value,
                name in
                value?[String(name)]
            }
            #expect(target != nil, "\(reference)")
        }
        #expect(count > 50)
    }

    @Test func everyOperationIsDescribed() throws {
        for path in try description()["paths"]?.members ?? [] {
            for operation in path.value.members where Self.methods.contains(operation.name) {
                #expect(operation.value["summary"]?.text?.isEmpty == false, "\(operation.name) \(path.name)")
                #expect(operation.value["responses"]?.members.isEmpty == false, "\(operation.name) \(path.name)")
                #expect(operation.value["operationId"]?.text != nil)
            }
            for name in path.name.split(separator: "/") where name.hasPrefix("{") {
                #expect(path.value["parameters"]?.elements.isEmpty == false, "\(path.name)")
            }
        }
    }

    @Test func theDocsShowEveryPath() async throws {
        let page = await TestService().send(.get, "/docs").text
        for path in try description()["paths"]?.members ?? [] {
            #expect(page.contains("<code>\(path.name)</code>"))
        }
    }
}
