#include "load/cause.h"

#include <algorithm>

namespace unrig::load {
namespace {

enum class Where { anywhere, plain, tls };

/// Applies to failures of the class whose sample contains the mark.
struct Row {
  Failure failure;
  Where where;
  std::string_view mark;
  Cause cause;
};

constexpr std::string_view need_https =
    "does this port speak HTTP/1.1? A server that speaks TLS needs https://";
constexpr std::string_view any_authority =
    "--cacert FILE trusts another authority, --insecure every certificate";
constexpr std::string_view look_at_handshake =
    "`openssl s_client -connect HOST:PORT` shows what the server offers";
constexpr Cause no_route{"there is no route to that address",
                         "check the address: `ip route get ADDRESS` shows the way to it"};
constexpr Cause wrong_tls_version{"its versions of TLS do not fit: unrig speaks 1.2 and 1.3",
                                  "let the server speak TLS 1.2 or newer"};
constexpr Cause untrusted{"its certificate is signed by nobody whom this machine trusts",
                          any_authority};
constexpr Cause other_name{"its certificate is for another name",
                           "write the name that it is for into the URL; --insecure takes any"};
constexpr Cause wants_certificate{"the server wants a certificate of the client",
                                  "unrig has none to show: let the server do without"};
constexpr Cause closes_in_handshake{"it closed the connections in the TLS handshake",
                                    "does this port speak TLS? One without it needs http://"};
constexpr Cause speaks_tls{"the server speaks TLS", "write https:// instead of http://"};
constexpr Cause elsewhere{"the server sends elsewhere", "load the URL that Location: names"};

constexpr Cause other_than_expected{
    "its body is not as expected",
    "why stands below the answer; if that is right, change --expect-length, or --expect-json: 7 is "
    "a number, '\"7\"' a text"};

// The first that fits counts.
constexpr Row table[] = {
    {Failure::refused,
     Where::anywhere,
     "",
     {"nobody listens there", "is the server running, and is it this port?"}},
    {Failure::no_port,
     Where::anywhere,
     "",
     {"no local port is left", "use fewer connections, or keep them alive"}},
    {Failure::connect_timeout,
     Where::tls,
     "handshake",
     {"nobody answered the TLS handshake",
      "does this port speak TLS? One without it needs http://"}},
    {Failure::connect_timeout,
     Where::anywhere,
     "",
     {"nobody took the connections",
      "is the server overloaded, or does a firewall drop them? Fewer connections: -c; more time: "
      "--timeout"}},
    {Failure::timeout,
     Where::anywhere,
     "",
     {"no complete answer within the limit",
      "give it more time with --timeout, fewer clients with -c, or a lower --rate"}},

    {Failure::unreachable, Where::anywhere, "No route to host", no_route},
    {Failure::unreachable, Where::anywhere, "Network is unreachable", no_route},
    {Failure::unreachable, Where::anywhere, "Invalid argument", no_route},
    {Failure::unreachable,
     Where::anywhere,
     "ermission denied",
     {"this machine forbids connections to that address", "look at its firewall rules"}},
    {Failure::unreachable,
     Where::anywhere,
     "not permitted",
     {"this machine forbids connections to that address", "look at its firewall rules"}},
    {Failure::unreachable,
     Where::anywhere,
     "oo many open files",
     {"no more files may be opened", "raise `ulimit -n`, or use fewer connections"}},
    {Failure::unreachable,
     Where::tls,
     "without TLS",
     {"the server answers without TLS", "write http:// instead of https://"}},
    {Failure::unreachable, Where::tls, "protocol version", wrong_tls_version},
    {Failure::unreachable, Where::tls, "unsupported protocol", wrong_tls_version},
    {Failure::unreachable, Where::tls, "version too low", wrong_tls_version},
    {Failure::unreachable,
     Where::tls,
     "no application protocol",
     {"it does not offer HTTP/1.1 (ALPN)",
      "let the server offer http/1.1 over TLS: unrig speaks no other version"}},
    {Failure::unreachable,
     Where::tls,
     "expired",
     {"its certificate has expired", "renew it; --insecure takes any"}},
    {Failure::unreachable,
     Where::tls,
     "not yet valid",
     {"its certificate is not valid yet", "compare the clocks; --insecure takes any certificate"}},
    {Failure::unreachable, Where::tls, "ostname mismatch", other_name},
    {Failure::unreachable, Where::tls, "IP address mismatch", other_name},
    {Failure::unreachable, Where::tls, "self-signed", untrusted},
    {Failure::unreachable, Where::tls, "self signed", untrusted},
    {Failure::unreachable, Where::tls, "issuer certificate", untrusted},
    {Failure::unreachable, Where::tls, "unable to verify", untrusted},
    {Failure::unreachable,
     Where::tls,
     "certificate: ",
     {"its certificate is not right", "let the server have another one; --insecure takes any"}},
    {Failure::unreachable, Where::tls, "certificate required", wants_certificate},
    {Failure::unreachable, Where::tls, "bad certificate", wants_certificate},
    {Failure::unreachable,
     Where::tls,
     "unrecognized name",
     {"it does not know the name of the host", "write the name that it serves into the URL"}},
    {Failure::unreachable, Where::tls, "in the TLS handshake", closes_in_handshake},
    {Failure::unreachable,
     Where::tls,
     "handshake failure",
     {"it found nothing in common in the TLS handshake, or wants a certificate of the client",
      look_at_handshake}},
    {Failure::unreachable, Where::tls, "TLS: ", {"the TLS handshake failed", look_at_handshake}},
    {Failure::unreachable, Where::anywhere, "", {"no connection could be made", ""}},

    {Failure::malformed, Where::plain, "found \\x15", speaks_tls},  // an alert of TLS
    {Failure::malformed,
     Where::anywhere,
     "found \\x00",
     {"what came is binary", "does the server speak HTTP/2 only? unrig speaks HTTP/1.1"}},
    {Failure::malformed,
     Where::anywhere,
     "",
     {"what came is not HTTP/1.1", "the byte that is wrong stands above; is it the right port?"}},
    // Of TLS 1.3 the client is done before the server has looked at its certificate.
    {Failure::reset, Where::tls, "certificate required", wants_certificate},
    {Failure::reset, Where::tls, "in the TLS handshake", closes_in_handshake},
    {Failure::reset, Where::tls, "TLS: ", {"the server breaks TLS off", look_at_handshake}},
    {Failure::reset, Where::tls, "without a byte", {"the server resets its connections", ""}},
    {Failure::reset,
     Where::plain,
     "without a byte",
     {"the server resets its connections", need_https}},
    {Failure::closed_early,
     Where::tls,
     "without a byte",
     {"the server closes its connections without an answer", ""}},
    {Failure::closed_early,
     Where::plain,
     "without a byte",
     {"the server closes its connections without an answer", need_https}},
    {Failure::reset,
     Where::anywhere,
     "",
     {"the server breaks off its answers", "its own log should say why"}},
    {Failure::closed_early,
     Where::anywhere,
     "",
     {"the server breaks off its answers", "its own log should say why"}},
    {Failure::stale,
     Where::anywhere,
     "",
     {"the server closes kept connections without a word",
      "--no-keep-alive avoids it; or let the server keep them for longer"}},

    {Failure::wrong_status, Where::plain, "HTTPS port", speaks_tls},
    {Failure::wrong_status, Where::plain, "HTTPS server", speaks_tls},
    {Failure::wrong_status, Where::plain, "SSL-enabled server", speaks_tls},
    {Failure::wrong_status, Where::anywhere, "HTTP/1.1 30", elsewhere},
    {Failure::wrong_status, Where::anywhere, "HTTP/1.0 30", elsewhere},
    {Failure::wrong_status,
     Where::anywhere,
     "HTTP/1.1 401",
     {"the server wants to know who asks", "send credentials with -H 'Authorization: …'"}},
    {Failure::wrong_status,
     Where::anywhere,
     "",
     {"", "if that is the right answer, say so with --expect-status"}},
    {Failure::wrong_body,
     Where::anywhere,
     "",
     {"its body is another than the expected one",
      "if that is the right answer, give it as --expect-body; a line end at the end of the file "
      "counts, too"}},
};

}  // namespace

Cause cause_of(const Plan& plan, Failure failure, std::string_view sample) {
  if (failure == Failure::wrong_body && !plan.expected_body && plan.expect.of_body())
    return other_than_expected;
  const Where where = plan.tls ? Where::tls : Where::plain;
  const auto fits = [=](const Row& row) {
    return row.failure == failure && (row.where == Where::anywhere || row.where == where) &&
           sample.contains(row.mark);
  };
  const auto row = std::ranges::find_if(table, fits);
  if (row == std::end(table)) return {};
  Cause cause = row->cause;
  // Whoever takes every certificate already needs no other advice about them.
  if (plan.tls && !plan.tls->verify && cause.advice.contains("--insecure")) cause.advice = "";
  return cause;
}

std::string_view advice_when_saturated(int threads, int cores) {
  if (threads < cores) return "use more --threads, and cores that the server does not use";
  return "it has no core left for more --threads: measure below the limit with --rate, or from a "
         "machine with more cores";
}

std::string_view advice_when_late(bool saturated, int threads, int cores) {
  if (saturated && threads < cores) {
    return "use more --threads, cores that the server does not use, or less load";
  }
  if (saturated || cores <= 1) return "it has no core to itself: use less load, or more cores";
  return "something else had its core: keep one free for it (taskset, cpuset), stop other "
         "programs, or use less load";
}

}  // namespace unrig::load
