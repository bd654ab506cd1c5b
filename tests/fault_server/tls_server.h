/// \file
/// A server for tests that speaks HTTP over TLS with a certificate of its own making.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"

namespace unrig::tests {

/// How a server does otherwise than most.
struct TlsManner {
  bool renegotiates = false;    ///< over TLS 1.2, and asks for it anew after each answer
  bool old = false;             ///< speaks TLS 1.1 at most
  bool only_http_2 = false;     ///< refuses who does not offer h2 (ALPN)
  bool closes_at_once = false;  ///< in the handshake
};

/// Serves 127.0.0.1 until it is destroyed, each connection in a thread of its own. Every request is
/// answered with the same body, of more than one record of TLS.
class TlsServer {
 public:
  /// The certificate is for `name` (a host name) and for 127.0.0.1, signed by itself, and written
  /// to `certificate_file`.
  static Result<std::unique_ptr<TlsServer>> start(const std::string& name,
                                                  const std::filesystem::path& certificate_file,
                                                  const TlsManner& manner = {});
  virtual ~TlsServer() = default;
  [[nodiscard]] virtual int port() const = 0;
  [[nodiscard]] static const std::string& body();
};

}  // namespace unrig::tests
