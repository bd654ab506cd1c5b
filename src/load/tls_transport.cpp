#include "load/tls_transport.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cassert>
#include <cerrno>
#include <system_error>

#include "base/text.h"

namespace unrig::load {
namespace {

// What is decrypted at most before it is shown: four records.
constexpr std::size_t plain_size = std::size_t{4} * 16 * 1024;

bool is_address(const std::string& name) {
  in6_addr ignored;
  return inet_pton(AF_INET, name.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, name.c_str(), &ignored) == 1;
}

std::string last_error() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason != nullptr ? reason : "unknown error";
}

/// A missing file would only be an error of some system library to OpenSSL.
Result<> check_authorities(const std::string& file) {
  if (file.empty()) return {};
  const UniqueFd fd(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd) return {};
  return unrig::fail(ErrorKind::usage,
                     fmt::format("--cacert {}: {}", file, std::generic_category().message(errno)),
                     "--cacert wants the certificates of the authorities as PEM");
}

/// Every record of TLS begins with its type.
bool is_tls_record(std::string_view bytes) {
  constexpr char first_type = 20, last_type = 24;
  return bytes.front() >= first_type && bytes.front() <= last_type;
}

/// Whom the certificate must be for.
bool expect_name(SSL* ssl, const Tls& tls) {
  if (is_address(tls.server_name)) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), tls.server_name.c_str()) == 1;
  }
  return SSL_set_tlsext_host_name(ssl, tls.server_name.c_str()) == 1 &&
         SSL_set1_host(ssl, tls.server_name.c_str()) == 1;
}

}  // namespace

void TlsTransport::FreeSsl::operator()(SSL* ssl) const {
  SSL_free(ssl);
}

void TlsTransport::FreeContext::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}

Result<std::unique_ptr<TlsTransport>> TlsTransport::make(const Tls& tls, std::size_t slots,
                                                         std::unique_ptr<Transport> inner) {
  std::unique_ptr<SSL_CTX, FreeContext> context(SSL_CTX_new(TLS_client_method()));
  if (!context) return unrig::fail(ErrorKind::internal, "OpenSSL: " + last_error());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // Idle connections need no buffers, and what is held back is tried again from the same place.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  static constexpr unsigned char http_1_1[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context.get(), http_1_1, sizeof http_1_1 - 1);
  SSL_CTX_set_verify(context.get(), tls.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (auto there = check_authorities(tls.authorities); !there) {
    return std::unexpected(there.error());
  }
  const bool loaded =
      tls.authorities.empty()
          ? SSL_CTX_set_default_verify_paths(context.get()) == 1
          : SSL_CTX_load_verify_locations(context.get(), tls.authorities.c_str(), nullptr) == 1;
  if (!loaded) {
    return unrig::fail(ErrorKind::usage, fmt::format("{} holds no certificate", tls.authorities),
                       "--cacert wants the certificates of the authorities as PEM");
  }
  return std::unique_ptr<TlsTransport>(
      new TlsTransport(tls, slots, std::move(inner), std::move(context)));
}

TlsTransport::TlsTransport(const Tls& tls, std::size_t slots, std::unique_ptr<Transport> inner,
                           std::unique_ptr<SSL_CTX, FreeContext> context)
    : tls_(tls),
      inner_(std::move(inner)),
      context_(std::move(context)),
      channels_(slots),
      plain_(plain_size) {}

TlsTransport::~TlsTransport() = default;

void TlsTransport::open(Slot slot, std::string_view bytes) {
  channels_[slot].first = bytes;
  inner_->open(slot, {});
}

void TlsTransport::send(Slot slot, std::string_view bytes) {
  encrypt(slot, bytes);
}

bool TlsTransport::sending(Slot slot) const {
  return inner_->sending(slot) || !channels_[slot].held_back.empty();
}

void TlsTransport::close(Slot slot) {
  inner_->close(slot);
  Channel& channel = channels_[slot];
  channel = Channel{.generation = channel.generation + 1};
}

void TlsTransport::wait(Duration timeout, TransportEvents& events) {
  events_ = &events;
  inner_->wait(timeout, *this);
}

void TlsTransport::on_connected(Slot slot) {
  const std::uint32_t generation = channels_[slot].generation;
  events_->on_connected(slot);
  if (channels_[slot].generation != generation) return;
  if (!begin(channels_[slot])) return fail(slot, "TLS: " + last_error());
  shake_hands(slot);
}

bool TlsTransport::begin(Channel& channel) {
  channel.ssl.reset(SSL_new(context_.get()));
  if (!channel.ssl) return false;
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(in, -1);  // an empty one means "later", not the end
  SSL_set_bio(channel.ssl.get(), in, out);
  SSL_set_connect_state(channel.ssl.get());
  return expect_name(channel.ssl.get(), tls_);
}

void TlsTransport::shake_hands(Slot slot) {
  Channel& channel = channels_[slot];
  SSL* ssl = channel.ssl.get();
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl);
  const int error = SSL_get_error(ssl, result);
  push(slot);
  if (result == 1) {
    channel.secured = true;
    const std::uint32_t generation = channel.generation;
    events_->on_secured(slot);
    if (channel.generation == generation) encrypt(slot, channel.first);
  } else if (error != SSL_ERROR_WANT_READ) {
    fail(slot, why_failed(channel));
  }
}

std::string TlsTransport::why_failed(const Channel& channel) const {
  const long verified = SSL_get_verify_result(channel.ssl.get());
  if (tls_.verify && verified != X509_V_OK) {
    return std::string("certificate: ") + X509_verify_cert_error_string(verified);
  }
  return "TLS: " + last_error();
}

void TlsTransport::encrypt(Slot slot, std::string_view bytes) {
  Channel& channel = channels_[slot];
  std::size_t written = 0;
  // Memory takes everything, but while the server negotiates anew OpenSSL must receive first.
  const int taken = SSL_write_ex(channel.ssl.get(), bytes.data(), bytes.size(), &written);
  channel.held_back = taken == 1 ? std::string_view() : bytes;
  push(slot);
}

/// Gives the inner transport what it can take: one piece at a time.
void TlsTransport::push(Slot slot) {
  Channel& channel = channels_[slot];
  char* data = nullptr;
  BIO* out = SSL_get_wbio(channel.ssl.get());
  const long size = BIO_get_mem_data(out, &data);
  if (size > 0) channel.waiting.append(data, static_cast<std::size_t>(size));
  (void)BIO_reset(out);
  if (channel.waiting.empty() || inner_->sending(slot)) return;
  channel.unsent.swap(channel.waiting);
  channel.waiting.clear();
  inner_->send(slot, channel.unsent);
}

void TlsTransport::on_received(Slot slot, std::string_view bytes, bool ending) {
  Channel& channel = channels_[slot];
  const std::uint32_t generation = channel.generation;
  if (!channel.answered && !is_tls_record(bytes)) {
    const std::string start(bytes.substr(0, bytes.find('\r')).substr(0, 60));
    return fail(slot, "TLS: it answers without TLS: " + printable(start));
  }
  channel.answered = true;
  std::size_t written = 0;
  BIO_write_ex(SSL_get_rbio(channel.ssl.get()), bytes.data(), bytes.size(), &written);
  if (!channel.secured) shake_hands(slot);
  if (channel.generation != generation || !channel.secured) return;
  read(slot, ending);
}

void TlsTransport::read(Slot slot, bool ending) {
  const std::uint32_t generation = channels_[slot].generation;
  while (true) {
    SSL* ssl = channels_[slot].ssl.get();
    std::size_t filled = 0;
    std::size_t size = 0;
    ERR_clear_error();
    int result = 1;
    while (filled < plain_.size() && result == 1) {
      result = SSL_read_ex(ssl, plain_.data() + filled, plain_.size() - filled, &size);
      if (result == 1) filled += size;
    }
    const int error = SSL_get_error(ssl, result);
    const bool ended = result != 1 && error == SSL_ERROR_ZERO_RETURN;
    const bool last = result != 1 && (ending || ended);
    if (filled > 0) events_->on_received(slot, {plain_.data(), filled}, last);
    if (channels_[slot].generation != generation) return;
    push(slot);  // answers of the protocol itself
    if (const auto held_back = channels_[slot].held_back; !held_back.empty() && !last) {
      encrypt(slot, held_back);
    }
    if (ended) {
      close(slot);
      return events_->on_closed(slot, 0, {});
    }
    if (result != 1 && error != SSL_ERROR_WANT_READ) return fail(slot, "TLS: " + last_error());
    if (result != 1) return;
  }
}

void TlsTransport::fail(Slot slot, std::string_view what) {
  close(slot);
  events_->on_closed(slot, EPROTO, what);
}

/// The good-bye of TLS would have closed the slot before.
void TlsTransport::on_closed(Slot slot, int error, std::string_view why) {
  Channel& channel = channels_[slot];
  const bool in_handshake = channel.ssl != nullptr && !channel.secured;
  if (channel.secured && error == 0) error = truncated;
  channel = Channel{.generation = channel.generation + 1};
  if (in_handshake && why.empty()) why = "TLS: it closed the connection in the TLS handshake";
  events_->on_closed(slot, error, why);
}

}  // namespace unrig::load
