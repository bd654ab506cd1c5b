/// \file
/// The response parser against llhttp, the parser of Node.js: same end, same lengths, same
/// body, however the bytes are split. Where unrig refuses more, a rule of `stricter` must say so.
/// Where it takes more (the table of leniencies in docs/load.md), the bytes must hold one of the
/// liberties that `liberties` names; without one the two must agree in everything.
#include <llhttp.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <regex>
#include <string>
#include <string_view>

#include "http/response_parser.h"

namespace {

using unrig::http::Event;
using unrig::http::Framing;
using unrig::http::ResponseParser;

enum class End { more, complete, malformed };

struct Parsed {
  End end = End::more;
  std::size_t consumed = 0;
  std::string body;
  int status = 0;
  bool complete_at_close = false;
  bool keeps_alive = false;
};

/// Splits at places that follow from `seed`.
Parsed ours(std::string_view bytes, bool to_head, unsigned seed, Framing& framing) {
  Parsed parsed;
  ResponseParser parser(to_head);
  while (parsed.consumed < bytes.size() && parsed.end == End::more) {
    seed = seed * 1103515245 + 12345;
    const std::size_t piece = 1 + (seed >> 16) % 37;
    const Event event = parser.next(bytes.substr(parsed.consumed, piece));
    parsed.consumed += event.consumed;
    parsed.body += event.body;
    if (event.kind == Event::Kind::complete) parsed.end = End::complete;
    if (event.kind == Event::Kind::malformed) parsed.end = End::malformed;
  }
  parsed.status = parser.head_complete() ? parser.status() : 0;
  parsed.complete_at_close = parser.complete_at_close();
  parsed.keeps_alive = parsed.end == End::complete && parser.keeps_alive();
  framing = parser.framing();
  return parsed;
}

struct Oracle {
  llhttp_t parser;
  llhttp_settings_t settings;
  bool to_head = false;
  Parsed parsed;
  const char* begin = nullptr;
  std::size_t message_start = 0;
  bool one_zero = false;
  std::string reason;
};

bool interim(int status) {
  return status >= 100 && status < 200 && status != 101;
}

int on_headers_complete(llhttp_t* parser) {
  const auto& oracle = *static_cast<Oracle*>(parser->data);
  const int status = parser->status_code;
  const bool no_body = oracle.to_head || status / 100 == 1 || status == 204 || status == 304;
  return no_body ? 1 : 0;
}

int on_body(llhttp_t* parser, const char* at, std::size_t size) {
  static_cast<Oracle*>(parser->data)->parsed.body.append(at, size);
  return 0;
}

int on_message_complete(llhttp_t* parser) {
  auto& oracle = *static_cast<Oracle*>(parser->data);
  if (interim(parser->status_code)) return 0;
  oracle.parsed.keeps_alive = llhttp_should_keep_alive(parser) != 0;
  oracle.one_zero = parser->http_minor == 0;
  return HPE_PAUSED;
}

/// Byte by byte, so that the place of an error is known.
Oracle theirs(std::string_view bytes, bool to_head) {
  Oracle oracle;
  oracle.to_head = to_head;
  oracle.begin = bytes.data();
  llhttp_settings_init(&oracle.settings);
  oracle.settings.on_headers_complete = on_headers_complete;
  oracle.settings.on_body = on_body;
  oracle.settings.on_message_complete = on_message_complete;
  llhttp_init(&oracle.parser, HTTP_RESPONSE, &oracle.settings);
  llhttp_set_lenient_keep_alive(&oracle.parser, 1);  // an interim answer never ends a connection
  oracle.parser.data = &oracle;
  const llhttp_errno_t error = llhttp_execute(&oracle.parser, bytes.data(), bytes.size());
  oracle.parsed.consumed = bytes.size();
  if (error == HPE_PAUSED || error == HPE_PAUSED_UPGRADE) {
    oracle.parsed.end = End::complete;
    oracle.parsed.consumed =
        static_cast<std::size_t>(llhttp_get_error_pos(&oracle.parser) - bytes.data());
  } else if (error != HPE_OK) {
    oracle.parsed.end = End::malformed;
    const char* reason = llhttp_get_error_reason(&oracle.parser);
    oracle.reason = reason != nullptr ? reason : "";
  }
  oracle.parsed.status = oracle.parser.status_code;
  oracle.parsed.complete_at_close =
      error == HPE_OK && oracle.parser.finish == HTTP_FINISH_SAFE_WITH_CB;
  return oracle;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return out;
}

/// The rule by which unrig is stricter than llhttp about the byte after `before`; "" if there is
/// none.
std::string_view stricter(std::string_view before, char byte) {
  const std::size_t line_start = before.rfind('\n') + 1;  // 0 when there is none
  const std::string line = lower(before.substr(line_start)) + byte;
  static const std::regex good_status_line(
      R"(h(t(t(p(/(1(\.([01]( ([1-9](\d(\d( [\t -~\x80-\xff]*)?\r?\n?)?)?)?)?)?)?)?)?)?)?)?)");
  const bool first_line = before.find('\n') == std::string_view::npos;
  const std::string_view lines = before.substr(0, line_start);
  const bool after_interim = lines.ends_with("\n\r\n") || lines.ends_with("\n\n");
  if (first_line || after_interim) {
    const bool upper = line.size() <= 5 || before.substr(line_start, 4) == "HTTP";
    if (!upper || !std::regex_match(line, good_status_line) || byte == '\n') return "status line";
  }
  if (before.ends_with('\n') && (byte == ' ' || byte == '\t')) return "blank before the first name";
  if (before.ends_with('\n') && byte == ':') return "no name";
  if (line.starts_with("transfer-encoding:")) return "transfer coding";
  // What is wrong with a whole value or head is known at the byte after it.
  if (lower(before).find("\ntransfer-encoding") != std::string::npos) return "transfer coding";
  return "";
}

/// Whether the bytes hold what unrig takes and a stricter parser may not.
bool liberties(std::string_view bytes) {
  const std::string text = lower(bytes);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char before = i > 0 ? text[i - 1] : '\0';
    if (c == '\n' && before != '\r') return true;                           // LF alone
    if ((c == ' ' || c == '\t') && before == '\n') return true;             // a folded line
    if (c == ':' && (before == ' ' || before == '\t')) return true;         // blanks, colon
    if (c == '.' && text[i + 1] >= '2' && text[i + 1] <= '9') return true;  // a later version
  }
  const std::string last = text.substr(text.rfind('\n') + 1);  // 0 when there is none
  const bool name_ends = last.find(':') == std::string::npos && !last.empty() &&
                         (last.back() == ' ' || last.back() == '\t');
  if (name_ends && text != last) return true;
  const auto times = [&text](std::string_view word) {
    std::size_t count = 0;
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
      ++count;
    }
    return count;
  };
  const auto value_holds = [&text](std::string_view name, std::string_view marks) {
    const std::size_t at = text.find(name);
    if (at == std::string::npos) return false;
    const std::string_view rest = std::string_view(text).substr(at + name.size());
    return rest.substr(0, rest.find('\n')).find_first_of(marks) != std::string_view::npos;
  };
  return times("content-length") > 1 || times("transfer-encoding") > 1 ||
         (times("content-length") > 0 && times("transfer-encoding") > 0) ||
         value_holds("content-length", "\t,") || value_holds("transfer-encoding", "\t,;") ||
         times("identity") > 0;
}

[[noreturn]] void report(std::string_view what, std::string_view bytes, const Parsed& a,
                         const Oracle& b) {
  std::fprintf(stderr, "%.*s\n  unrig:  end %d consumed %zu body %zu status %d close %d keep %d\n",
               static_cast<int>(what.size()), what.data(), static_cast<int>(a.end), a.consumed,
               a.body.size(), a.status, a.complete_at_close, a.keeps_alive);
  std::fprintf(stderr, "  llhttp: end %d consumed %zu body %zu status %d close %d keep %d %s\n",
               static_cast<int>(b.parsed.end), b.parsed.consumed, b.parsed.body.size(),
               b.parsed.status, b.parsed.complete_at_close, b.parsed.keeps_alive, b.reason.c_str());
  std::fprintf(stderr, "%.*s\n", static_cast<int>(bytes.size()), bytes.data());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 2) return 0;
  const bool to_head = (data[0] & 1) != 0;
  const unsigned seed = static_cast<unsigned>(data[0] >> 1) * 256 + data[1];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);

  Framing framing;
  Framing whole_framing;
  const Parsed a = ours(bytes, to_head, seed, framing);
  const Parsed other = ours(bytes, to_head, seed + 77, whole_framing);
  const Oracle b = theirs(bytes, to_head);
  if (a.end != other.end || a.consumed != other.consumed || a.body != other.body) {
    report("depends on the split", bytes, a, b);
  }

  if (a.end == End::malformed) {
    if (b.parsed.end == End::malformed) return 0;
    const char byte = a.consumed < bytes.size() ? bytes[a.consumed] : 0;
    if (!stricter(bytes.substr(0, a.consumed), byte).empty()) return 0;
    report("malformed without a rule", bytes, a, b);
  }
  // RFC 9112, 7.1.1 lets blanks and further values stand in chunk extensions; unrig lets them stand
  // around the size, too.
  const bool chunk_liberty =
      b.reason.find("chunk") != std::string::npos && framing == Framing::chunked;
  if (b.parsed.end == End::malformed && chunk_liberty) return 0;
  const bool same = a.end == b.parsed.end && a.body == b.parsed.body &&
                    a.complete_at_close == b.parsed.complete_at_close;
  if (!same && liberties(bytes)) return 0;
  if (b.parsed.end == End::malformed) report("llhttp refuses it", bytes, a, b);
  if (a.end != b.parsed.end) report("another end", bytes, a, b);
  if (a.body != b.parsed.body) report("another body", bytes, a, b);
  if (a.complete_at_close != b.parsed.complete_at_close) report("another end", bytes, a, b);
  if (a.end != End::complete) return 0;
  if (a.consumed != b.parsed.consumed) report("another length", bytes, a, b);
  if (a.status != b.parsed.status) report("another status", bytes, a, b);
  return 0;
}
