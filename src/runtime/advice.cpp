#include "runtime/advice.h"

#include <fmt/format.h>

#include "base/text.h"

namespace unrig::runtime {
namespace {

/// What a build says itself, as a line of its own: it knows best what it needs. "" where it says
/// nothing of the kind.
std::string_view own_advice(std::string_view log) {
  constexpr std::string_view command = "apt-get install ";
  const auto at = log.rfind(command);
  if (at == std::string_view::npos) return {};
  const auto begin = at == 0 ? 0 : log.rfind('\n', at - 1) + 1;
  const auto line = trim(log.substr(begin, log.find('\n', at) - begin));
  return line.starts_with(command) ? line : std::string_view();
}

/// "libpq-fe.h" of "…: fatal error: libpq-fe.h: No such file or directory"; "" where there is none.
std::string_view missing_header(std::string_view log) {
  constexpr std::string_view before = "fatal error: ";
  constexpr std::string_view behind = ": No such file";
  for (auto at = log.find(before); at != std::string_view::npos; at = log.find(before, at + 1)) {
    const auto rest = log.substr(at + before.size());
    const auto line = rest.substr(0, rest.find('\n'));
    if (const auto end = line.find(behind); end != std::string_view::npos)
      return line.substr(0, end);
  }
  return {};
}

/// The Debian package that has a header.
std::string advice_for_header(std::string_view header) {
  struct Owner {
    std::string_view header;  ///< its name, or a folder with a slash at the end
    std::string_view package;
  };
  constexpr Owner owners[] = {
      {"Python.h", "python3-dev"},     {"assert.h", "libc6-dev"},
      {"errno.h", "libc6-dev"},        {"limits.h", "libc6-dev"},
      {"stdio.h", "libc6-dev"},        {"stdlib.h", "libc6-dev"},
      {"string.h", "libc6-dev"},       {"sys/", "libc6-dev"},
      {"boost/", "libboost-dev"},      {"crypt.h", "libcrypt-dev"},
      {"ev.h", "libev-dev"},           {"ffi.h", "libffi-dev"},
      {"jansson.h", "libjansson-dev"}, {"libpq-fe.h", "libpq-dev"},
      {"libxml/", "libxml2-dev"},      {"linux/", "linux-libc-dev"},
      {"openssl/", "libssl-dev"},      {"pcre.h", "libpcre3-dev"},
      {"pcre2.h", "libpcre2-dev"},     {"sys/capability.h", "libcap-dev"},
      {"uv.h", "libuv1-dev"},          {"yaml.h", "libyaml-dev"},
      {"zlib.h", "zlib1g-dev"},
  };
  std::string_view best, package;
  for (const auto& owner : owners) {
    const bool is_folder = owner.header.ends_with('/');
    const bool has = is_folder ? header.starts_with(owner.header) : header == owner.header;
    if (has && owner.header.size() > best.size()) {
      best = owner.header;
      package = owner.package;
    }
  }
  if (!package.empty()) return fmt::format("apt-get install {}", package);
  return fmt::format("the Debian package that has this header: apt-file search {}",
                     printable(header));
}

}  // namespace

std::string advice_for_build(std::string_view log) {
  const auto has = [&](std::string_view words) {
    return log.find(words) != std::string_view::npos;
  };
  if (has("No space left on device")) return "the disk is full";
  if (const auto advice = own_advice(log); !advice.empty()) return printable(advice);
  if (has("Hash mismatch") || has("hash mismatch"))
    return "what the package index has is not what the lock names: do not trust it";
  if (has("'gcc' failed") || has("'cc' failed") || has("gcc: not found") ||
      has("No such file or directory: 'gcc'") || has("No such file or directory: 'cc'")) {
    return "apt-get install gcc libc6-dev";
  }
  if (has("No CMAKE_CXX_COMPILER could be found")) return "apt-get install g++";
  if (has("linker `cc` not found")) return "apt-get install gcc libc6-dev";
  if (has("javac: not found")) return "apt-get install default-jdk-headless";
  if (has("provided by \"Boost\"")) return "apt-get install libboost-all-dev";
  if (has("Could NOT find PostgreSQL")) return "apt-get install libpq-dev";
  if (const auto header = missing_header(log); !header.empty()) return advice_for_header(header);
  if (has("npm ci` can only install") || has("missing go.sum entry") ||
      has("because --locked was passed") || has("updates to go.mod needed")) {
    return "the lock is not that of what asks for packages: make it anew (docs/stacks.md)";
  }
  if (has("invalid peer certificate") || has("UnknownIssuer") || has("certificate verify failed") ||
      has("unable to get local issuer") || has("SELF_SIGNED_CERT") ||
      has("certificate signed by unknown authority")) {
    return "something on the way (a proxy?) opens TLS: name the PEM file of its authority in "
           "SSL_CERT_FILE, as in SSL_CERT_FILE=/path/authority.pem unrig run";
  }
  if (has("PKIX path building failed")) {
    return "something on the way (a proxy?) opens TLS: name a trust store that has its authority, "
           "as in MAVEN_OPTS=-Djavax.net.ssl.trustStore=/path/cacerts unrig run";
  }
  if (has("dns error") || has("Could not connect") || has("error sending request") ||
      has("ENOTFOUND") || has("EAI_AGAIN") || has("ECONNREFUSED") || has("dial tcp") ||
      has("Could not resolve host") || has("Could not transfer artifact") || has("Unknown host")) {
    return "the package index cannot be reached: look at the network, or at the variable that "
           "names it: UV_DEFAULT_INDEX, GOPROXY, npm_config_registry, MAVEN_ARGS";
  }
  return {};
}

}  // namespace unrig::runtime
