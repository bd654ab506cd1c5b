#include "chain/nginx.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

#include "base/number.h"
#include "base/text.h"
#include "chain/ask.h"

namespace unrig::chain {

namespace fs = std::filesystem;

namespace {

constexpr int most_connections = 16384;  // of one worker, clients and application together
constexpr int other_files = 64;
constexpr std::string_view ready_path = "/unrig-proxy-ready";
constexpr std::string_view status_path = "/unrig-proxy-status";

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
  // Without these lines nginx speaks HTTP/1.0 to the application and closes after each answer.
  const auto kept = settings.keep_alive
                        ? "keepalive 1024; keepalive_requests 1000000000; keepalive_timeout 600s;"
                        : "";
  const auto keep =
      settings.keep_alive ? "proxy_http_version 1.1; proxy_set_header Connection \"\";" : "";
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
      proxy_pass http://application;
      proxy_set_header Host $host;
      {keep}
      # A failed request is the client's to see: nothing is tried twice, nothing goes to the disk.
      proxy_next_upstream off;
      proxy_max_temp_file_size 0;
    }}
  }}
}}
)",
      fmt::arg("workers", settings.workers), fmt::arg("open_files", settings.open_files),
      fmt::arg("folder", folder.string()), fmt::arg("paths", paths),
      fmt::arg("connections", std::min(most_connections, settings.open_files - other_files)),
      fmt::arg("access_log", settings.access_log ? (folder / "access.log").string() : "off"),
      fmt::arg("application", settings.application.text()), fmt::arg("kept", kept),
      fmt::arg("here", here.text()), fmt::arg("backlog", settings.backlog),
      fmt::arg("ready_path", ready_path), fmt::arg("status_path", status_path),
      fmt::arg("keep", keep));
}

// A client's own Connection does not pass, and $host has no port.
std::string proxied_request(std::string_view path, std::string_view host, bool keep_alive) {
  return keep_alive
             ? fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", path, host)
             : fmt::format("GET {} HTTP/1.0\r\nHost: {}\r\nConnection: close\r\n\r\n", path, host);
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
