/// \file
/// nginx between the load and the application server, unprivileged, in a folder of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "chain/ask.h"
#include "chain/health.h"
#include "chain/service.h"
#include "host/endpoint.h"
#include "host/host.h"
#include "http/request.h"
#include "process/process.h"
#include "scenario/scenario.h"

namespace unrig::chain {

struct ProxySettings {
  int workers = 1;
  int backlog = 2048;       ///< of the listening socket
  bool keep_alive = false;  ///< towards the application server; with uwsgi it keeps none
  bool access_log = false;
  scenario::ProxyProtocol protocol = scenario::ProxyProtocol::http;
  host::Endpoint application = {};
  int open_files = 1024;  ///< that one worker may have
  Room room = {};
  bool operator==(const ProxySettings&) const = default;
};

/// What this process may allow its children.
[[nodiscard]] int most_open_files();

/// nginx.conf. All its files lie in `folder`.
[[nodiscard]] std::string proxy_config(const std::filesystem::path& folder,
                                       const host::Endpoint& here, const ProxySettings& settings);

/// What it makes of a client's request on the way to the application; `here`: where it was asked.
[[nodiscard]] std::string proxied_request(const http::Request& request, const host::Endpoint& here,
                                          scenario::ProxyProtocol protocol, bool keep_alive);

/// What nginx says of itself (ngx_http_stub_status_module).
struct ProxyStatus {
  std::uint64_t accepted = 0;  ///< connections since it started
  std::uint64_t handled = 0;   ///< of these; the others it had no room for
  int reading = 0;             ///< connections whose request it reads
  int writing = 0;             ///< that have a request which is not answered in full
};
/// The page's text. Empty for another one.
[[nodiscard]] std::optional<ProxyStatus> parse_proxy_status(std::string_view text);

/// Error: environment, with the Debian package.
[[nodiscard]] Result<std::filesystem::path> find_nginx(const host::Host& host);

class Nginx {
 public:
  /// Error: environment, when the program is missing.
  [[nodiscard]] static Result<Nginx> open(const host::Context& context);
  Nginx(Nginx&&) = default;
  ~Nginx();  ///< stops it

  /// Error: environment, with the last lines of its log.
  [[nodiscard]] Result<> start(const ProxySettings& settings);
  void stop();
  /// Why it cannot do its work; see fault_of().
  [[nodiscard]] std::optional<std::string> fault() {
    return process_ ? fault_of("proxy", *process_) : std::nullopt;
  }
  /// The question itself left out; asked on one connection that is kept. Error: environment: no
  /// answer within `limit`.
  [[nodiscard]] Result<ProxyStatus> status(Duration limit);
  [[nodiscard]] bool running() const { return process_.has_value(); }
  [[nodiscard]] pid_t pid() const { return process_ ? process_->pid() : -1; }
  /// Where it listens.
  [[nodiscard]] const host::Endpoint& endpoint() const { return endpoint_; }
  [[nodiscard]] const std::string& version() const { return version_; }

 private:
  explicit Nginx(const host::Context& context) : context_(context) {}
  [[nodiscard]] Result<> start_on(const host::Endpoint& here, const ProxySettings& settings);

  host::Context context_;
  std::filesystem::path program_;
  std::string version_;
  host::Endpoint endpoint_;
  std::optional<process::Process> process_;
  std::optional<Asker> asker_;  ///< for status(), while it runs
};

}  // namespace unrig::chain
