import NIOHTTP1

/// `/v1/openapi.json`: what the API takes and gives, OpenAPI 3.1.
package enum OpenAPIRoute {
    package static var all: [WebRoute] {
        let response = WebResponse(type: "application/json", body: PackageResources.openapi_json)
        return [WebRoute(.GET, "/v1/openapi.json", .open) { _, reply in reply(response) }]
    }
}
