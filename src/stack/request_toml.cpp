#include "stack/request_toml.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/toml_reader.h"
#include "http/expect_toml.h"

namespace unrig::stack {
namespace {

void read_headers(TableReader& reader, const toml::table& table, http::Request& request) {
  for (const auto& [name, node] : table) {
    const auto value = node.value_exact<std::string>();
    if (!value) {
      reader.reject(node.source(), fmt::format("the header '{}' must be a text", name.str()));
    } else if (name.str().find('_') != std::string_view::npos) {
      reader.reject(name.source(),
                    fmt::format("the header '{}' has an underscore: proxies drop it", name.str()),
                    "write a dash instead, as the application's users do");
    } else {
      request.headers.emplace_back(name.str(), *value);
    }
  }
}

}  // namespace

Result<OwnRequest> read_request(const std::filesystem::path& file, const toml::table& table) {
  TableReader reader(file, table);
  OwnRequest own;
  own.request.method = reader.text("method", own.request.method);
  own.request.path = reader.text("path");
  own.request.body = reader.text("body", "");
  if (const auto* headers = reader.table("headers")) read_headers(reader, *headers, own.request);
  if (own.request.body.size() > longest_request_body) {
    reader.reject(reader.where("body"),
                  fmt::format("a body of {} bytes: more than {}, which a proxy may write to its "
                              "disk",
                              own.request.body.size(), longest_request_body));
  }
  if (!own.request.path.empty() && !own.request.path.starts_with('/')) {
    reader.reject(reader.where("path"), fmt::format("'{}' is no path", printable(own.request.path)),
                  R"(a path begins with a slash: path = "/users/7")");
  }
  if (own.request.method == "HEAD") {
    reader.reject(reader.where("method"), "the answer to HEAD has no body that could be checked",
                  "ask with GET");
  }
  const auto bytes = http::to_bytes(own.request, "host", true);
  if (!own.request.path.empty() && !bytes)
    reader.reject(table.source(), bytes.error().what, bytes.error().help);
  if (bytes && bytes->size() - own.request.body.size() > longest_request_head) {
    reader.reject(table.source(),
                  fmt::format("path and headers of more than {} bytes, which servers refuse",
                              longest_request_head));
  }
  if (const auto* expect = reader.table("expect")) {
    auto read = http::read_expectation(file, *expect);
    if (!read) return std::unexpected(read.error());
    own.expect = std::move(*read);
  }
  if (auto done = reader.finish(); !done) return std::unexpected(done.error());
  return own;
}

}  // namespace unrig::stack
