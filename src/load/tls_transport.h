/// \file
/// TLS over another transport (OpenSSL): bytes go through memory, so that it needs no descriptor.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "load/transport.h"

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;

namespace unrig::load {

/// `inner` must know when bytes have been sent: what `sending` says decides when their memory is
/// used again.
class TlsTransport final : public Transport, private TransportEvents {
 public:
  /// Error: usage, when the file of authorities cannot be read; internal, when OpenSSL fails.
  static Result<std::unique_ptr<TlsTransport>> make(const Tls& tls, std::size_t slots,
                                                    std::unique_ptr<Transport> inner);
  ~TlsTransport() override;

  void open(Slot slot, std::string_view bytes) override;
  void send(Slot slot, std::string_view bytes) override;
  void skip(Slot, std::uint64_t) override {}  // encrypted bytes must be read to be counted
  [[nodiscard]] bool sending(Slot slot) const override;
  [[nodiscard]] bool delivered(Slot slot) const override {
    return !sending(slot) && inner_->delivered(slot);
  }
  void close(Slot slot) override;
  void wait(Duration timeout, TransportEvents& events) override;

 private:
  struct FreeSsl {
    void operator()(SSL* ssl) const;
  };
  struct FreeContext {
    void operator()(SSL_CTX* context) const;
  };
  struct Channel {
    std::unique_ptr<SSL, FreeSsl> ssl;
    std::uint32_t generation = 0;  // counts the connections of the slot
    std::string_view first;        // what is to be sent after the handshake
    std::string_view held_back;    // what OpenSSL cannot take before it has received more
    std::string unsent;            // encrypted, given to the inner transport
    std::string waiting;           // encrypted, until it has taken that
    bool secured = false;
    bool answered = false;  // bytes have come
  };

  TlsTransport(const Tls& tls, std::size_t slots, std::unique_ptr<Transport> inner,
               std::unique_ptr<SSL_CTX, FreeContext> context);
  [[nodiscard]] bool begin(Channel& channel);
  void shake_hands(Slot slot);
  void encrypt(Slot slot, std::string_view bytes);
  [[nodiscard]] std::string why_failed(const Channel& channel) const;
  void push(Slot slot);
  void read(Slot slot, bool ending);
  void fail(Slot slot, std::string_view what);

  void on_connected(Slot slot) override;
  void on_secured(Slot) override {}
  void on_received(Slot slot, std::string_view bytes, bool ending) override;
  void on_skipped(Slot, std::uint64_t, bool) override {}
  void on_closed(Slot slot, int error, std::string_view why) override;

  Tls tls_;
  std::unique_ptr<Transport> inner_;
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  std::vector<Channel> channels_;
  std::vector<char> plain_;
  TransportEvents* events_ = nullptr;  // during wait
};

}  // namespace unrig::load
