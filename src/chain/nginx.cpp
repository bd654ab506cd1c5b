#include "chain/nginx.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/number.h"
#include "base/text.h"
#include "chain/ask.h"
#include "http/text.h"

namespace unrig::chain {

namespace fs = std::filesystem;

namespace {

constexpr int most_connections = 16384;  // of one worker, clients and application together
constexpr int other_files = 64;
constexpr std::string_view ready_path = "/unrig-proxy-ready";
constexpr std::string_view status_path = "/unrig-proxy-status";

/// What nginx tells a server in uwsgi's words, as its own file uwsgi_params has it, but for what
/// tells of the client by more than its address: variable and value. A client's Connection does not
/// pass, and its Host without the port, as with HTTP.
struct UwsgiParameter {
  std::string_view name, value;
};
constexpr std::array uwsgi_parameters{UwsgiParameter{"QUERY_STRING", "$query_string"},
                                      UwsgiParameter{"REQUEST_METHOD", "$request_method"},
                                      UwsgiParameter{"CONTENT_TYPE", "$content_type"},
                                      UwsgiParameter{"CONTENT_LENGTH", "$content_length"},
                                      UwsgiParameter{"REQUEST_URI", "$request_uri"},
                                      UwsgiParameter{"PATH_INFO", "$document_uri"},
                                      UwsgiParameter{"SERVER_PROTOCOL", "$server_protocol"},
                                      UwsgiParameter{"REMOTE_ADDR", "$remote_addr"},
                                      UwsgiParameter{"SERVER_PORT", "$server_port"},
                                      UwsgiParameter{"SERVER_NAME", "$host"},
                                      UwsgiParameter{"HTTP_HOST", "$host"}};

/// The lines of a location that pass requests on.
std::string passing(const ProxySettings& settings) {
  if (settings.protocol == scenario::ProxyProtocol::uwsgi) {
    std::string lines = "uwsgi_pass application;\n";
    for (const auto& [name, value] : uwsgi_parameters)
      lines += fmt::format("      uwsgi_param {} {};\n", name, value);
    return lines +
           "      uwsgi_param HTTP_CONNECTION \"\";\n"
           "      uwsgi_next_upstream off;\n"
           "      uwsgi_max_temp_file_size 0;";
  }
  std::string lines = "proxy_pass http://application;\n      proxy_set_header Host $host;\n";
  // Without this line nginx speaks HTTP/1.0 to the application and closes after each answer.
  if (settings.keep_alive)
    lines += "      proxy_http_version 1.1; proxy_set_header Connection \"\";\n";
  return lines + "      proxy_next_upstream off;\n      proxy_max_temp_file_size 0;";
}

/// In the packet of a request: the length of a text, and the text.
void add_text(std::string& packet, std::string_view text) {
  constexpr std::size_t byte = 8;
  packet += static_cast<char>(text.size());
  packet += static_cast<char>(text.size() >> byte);
  packet += text;
}

/// "HTTP_X_TOKEN" of "X-Token".
std::string variable_of(std::string_view field) {
  std::string name = "HTTP_";
  for (const char c : field) name += c == '-' ? '_' : http::upper(c);
  return name;
}

/// The path as nginx has it in $document_uri: "/a b" of "/a%20b".
std::string decoded(std::string_view path) {
  constexpr std::size_t digits = 2;
  std::string text;
  for (std::size_t at = 0; at < path.size(); ++at) {
    const auto code = path.substr(at + 1, digits);
    const auto byte = path[at] == '%' && code.size() == digits
                          ? to_number<unsigned char>(code, hexadecimal)
                          : std::nullopt;
    text += byte ? static_cast<char>(*byte) : path[at];
    if (byte) at += digits;
  }
  return text;
}

/// A packet of the uwsgi protocol: four bytes, and what the parameters come to; and the body.
std::string uwsgi_request(const http::Request& request, const std::string& host,
                          const host::Endpoint& here) {
  const auto query = request.path.find('?');
  const bool has_query = query != std::string::npos;
  std::string type, headers;
  for (const auto& [field, value] : request.headers) {
    if (http::same_word(field, "content-type")) type = value;
    if (http::same_word(field, "host")) continue;
    add_text(headers, variable_of(field));
    add_text(headers, value);
  }
  const auto length = http::has_length(request) ? std::to_string(request.body.size()) : "";
  if (!length.empty()) {
    add_text(headers, "HTTP_CONTENT_LENGTH");
    add_text(headers, length);
  }
  const std::map<std::string_view, std::string, std::less<>> values{
      {"$query_string", has_query ? request.path.substr(query + 1) : ""},
      {"$request_method", request.method},
      {"$content_type", type},
      {"$content_length", length},
      {"$request_uri", request.path},
      {"$document_uri", decoded(std::string_view(request.path).substr(0, query))},
      {"$server_protocol", "HTTP/1.1"},
      {"$remote_addr", host::loopback(0).host},
      {"$server_port", std::to_string(here.port)},
      {"$host", host}};
  std::string parameters;
  for (const auto& [name, value] : uwsgi_parameters) {
    const auto known = values.find(value);
    add_text(parameters, name);
    add_text(parameters, known == values.end() ? "" : known->second);
  }
  parameters += headers;
  std::string packet(1, '\0');  // a request to a WSGI application, by modifier1
  add_text(packet, parameters);
  packet.insert(3, 1, '\0');  // modifier2, behind the length
  return packet + request.body;
}

/// The number behind `name` and a blank.
template <class Number>
std::optional<Number> number_after(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  return at == std::string_view::npos ? std::nullopt
                                      : leading_number<Number>(text.substr(at + name.size()));
}

}  // namespace

int most_open_files() {
  constexpr rlim_t enough = 65536;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  return static_cast<int>(std::min(limit.rlim_max, enough));
}

std::string proxy_config(const fs::path& folder, const host::Endpoint& here,
                         const ProxySettings& settings) {
  std::string paths;
  for (const auto name : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    paths += fmt::format("  {0}_temp_path {1}/{0};\n", name, folder.string());
  const bool keeps = settings.keep_alive && settings.protocol == scenario::ProxyProtocol::http;
  const auto* kept =
      keeps ? "keepalive 1024; keepalive_requests 1000000000; keepalive_timeout 600s;" : "";
  const auto& application = settings.application;
  return fmt::format(
      R"(daemon off;
worker_processes {workers};
worker_rlimit_nofile {open_files};
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections {connections}; }}
http {{
{paths}
  access_log {access_log};
  # A client that keeps its connection keeps it for the whole trial.
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  upstream application {{
    server {application} max_fails=0;
    {kept}
  }}
  server {{
    listen {here} backlog={backlog};
    # The proxy's own answer: whether it is up does not depend on the application.
    location = {ready_path} {{ return 204; }}
    location = {status_path} {{ stub_status; access_log off; }}
    location / {{
      # A failed request is the client's to see: nothing is tried twice, nothing goes to the disk.
      {passing}
    }}
  }}
}}
)",
      fmt::arg("workers", settings.workers), fmt::arg("open_files", settings.open_files),
      fmt::arg("folder", folder.string()), fmt::arg("paths", paths),
      fmt::arg("connections", std::min(most_connections, settings.open_files - other_files)),
      fmt::arg("access_log", settings.access_log ? (folder / "access.log").string() : "off"),
      fmt::arg("application", (application.is_socket() ? "unix:" : "") + application.text()),
      fmt::arg("kept", kept), fmt::arg("here", here.text()), fmt::arg("backlog", settings.backlog),
      fmt::arg("ready_path", ready_path), fmt::arg("status_path", status_path),
      fmt::arg("passing", passing(settings)));
}

// A client's own Connection does not pass, and $host has no port and no upper case. What nginx sets
// stands in front of what the client has sent.
std::string proxied_request(const http::Request& request, const host::Endpoint& here,
                            scenario::ProxyProtocol protocol, bool keep_alive) {
  std::string name = here.host;
  std::string rest;
  for (const auto& [field, value] : request.headers) {
    if (!http::same_word(field, "host")) {
      rest += fmt::format("{}: {}\r\n", field, value);
      continue;
    }
    name = value.substr(0, value.find(':'));
    std::ranges::transform(name, name.begin(), http::lower);
  }
  if (protocol == scenario::ProxyProtocol::uwsgi) return uwsgi_request(request, name, here);
  const std::string length =
      http::has_length(request) ? fmt::format("Content-Length: {}\r\n", request.body.size()) : "";
  return fmt::format("{} {} HTTP/1.{}\r\nHost: {}\r\n{}{}{}\r\n{}", request.method, request.path,
                     keep_alive ? 1 : 0, name, keep_alive ? "" : "Connection: close\r\n", length,
                     rest, request.body);
}

std::optional<ProxyStatus> parse_proxy_status(std::string_view text) {
  // Active connections: 3
  // server accepts handled requests
  //  7 6 12
  // Reading: 0 Writing: 1 Waiting: 2
  constexpr std::string_view accepts = "server accepts handled requests\n ";
  const auto accepted = number_after<std::uint64_t>(text, accepts);
  const auto reading = number_after<int>(text, "Reading: ");
  const auto writing = number_after<int>(text, "Writing: ");
  if (!accepted || !reading || !writing) return std::nullopt;
  const auto handled = number_after<std::uint64_t>(text, fmt::format("{}{} ", accepts, *accepted));
  if (!handled) return std::nullopt;
  return ProxyStatus{
      .accepted = *accepted, .handled = *handled, .reading = *reading, .writing = *writing};
}

Result<fs::path> find_nginx(const host::Host& host) {
  return host::require_program(host, "nginx", "nginx-light");
}

Result<Nginx> Nginx::open(const host::Context& context) {
  Nginx nginx(context);
  auto program = find_nginx(context.host);
  if (!program) return std::unexpected(program.error());
  nginx.program_ = std::move(*program);
  const auto told = host::ask_program(nginx.program_, "-v", context.host);
  if (!told) return std::unexpected(told.error());
  nginx.version_ = host::version_in(*told);
  return nginx;
}

Nginx::~Nginx() {
  stop();
}

Result<> Nginx::start(const ProxySettings& settings) {
  return start_at_free_port(
      context_.host, [&](const host::Endpoint& here) { return start_on(here, settings); },
      [this] { stop(); });
}

Result<> Nginx::start_on(const host::Endpoint& here, const ProxySettings& settings) {
  endpoint_ = here;
  auto& host = context_.host;
  const auto folder = host.runtime() / "nginx";
  if (const auto made = host.make_service_folder(folder); !made) return made;
  const auto config = host.runtime() / "nginx.conf";
  if (const auto done = host.write_service_file(config, proxy_config(folder, here, settings));
      !done) {
    return done;
  }
  auto process = host.start(service_command(
      host, "proxy",
      {program_.string(), "-p", folder.string() + "/", "-e", "stderr", "-c", config.string()},
      settings.room));
  if (!process) return std::unexpected(process.error());
  process_.emplace(std::move(*process));
  asker_.emplace(here, true, context_.clock);
  return wait_until_ready(
      *process_, "nginx", context_.clock, std::chrono::seconds(30), [&]() -> Result<> {
        if (auto own = host.check_listens(process_->pid(), here); !own) return own;
        const auto reply = ask(here, ready_path, context_.clock, std::chrono::seconds(2));
        return reply.complete() ? Result<>{} : fail(ErrorKind::environment, reply.failure);
      });
}

Result<ProxyStatus> Nginx::status(Duration limit) {
  if (!asker_) return fail(ErrorKind::internal, "nginx is asked and does not run");
  const Reply reply = asker_->ask(status_path, limit);
  if (!reply.complete()) return fail(ErrorKind::environment, "nginx: " + reply.failure);
  auto status = parse_proxy_status(reply.body);
  if (!status) return fail(ErrorKind::environment, "nginx has no stub_status page");
  status->writing = std::max(0, status->writing - 1);
  return *status;
}

void Nginx::stop() {
  asker_.reset();
  if (!process_) return;
  process_->stop(context_.clock, std::chrono::seconds(5));
  process_.reset();
}

}  // namespace unrig::chain
