#include "fault_server/tls_server.h"

#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

#include "base/file.h"
#include "host/loopback.h"

namespace unrig::tests {
namespace {

template <auto free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Freer<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Freer<SSL_free>>;

Certificate sign_own(EVP_PKEY* key, const std::string& name) {
  constexpr long one_hour = 3600;
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -one_hour);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), one_hour);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  const std::string names = "DNS:" + name + ",IP:127.0.0.1";
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  X509_add_ext(certificate.get(), extension, -1);
  X509_EXTENSION_free(extension);
  X509_sign(certificate.get(), key, EVP_sha256());
  return certificate;
}

class Server final : public TlsServer {
 public:
  Server(Context context, UniqueFd listener, int port, const TlsManner& manner)
      : context_(std::move(context)), listener_(std::move(listener)), port_(port), manner_(manner) {
    acceptor_ = std::jthread([this] { accept_all(); });
  }
  ~Server() override {
    shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    for (const int fd : sockets_) shutdown(fd, SHUT_RDWR);
    threads_.clear();
    for (const int fd : sockets_) close(fd);
  }
  [[nodiscard]] int port() const override { return port_; }

 private:
  void accept_all() {
    // OpenSSL writes to sockets that the client may have closed. The threads made here inherit it.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    while (true) {
      const int fd = accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;  // an answer is several records, of which none has to wait for the client
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      sockets_.push_back(fd);
      threads_.emplace_back([this, fd] { serve(fd); });
    }
  }

  void serve(int fd) const {
    const Session session(SSL_new(context_.get()));
    SSL_set_fd(session.get(), fd);
    bool going = !manner_.closes_at_once && SSL_accept(session.get()) == 1;
    const std::string length =
        manner_.until_close ? "" : "Content-Length: " + std::to_string(body().size()) + "\r\n";
    const std::string answer = "HTTP/1.1 200 OK\r\n" + length + "\r\n" + body();
    std::string received;
    std::array<char, 4096> buffer;
    while (going) {
      const int size = SSL_read(session.get(), buffer.data(), buffer.size());
      if (size <= 0) break;
      received.append(buffer.data(), static_cast<std::size_t>(size));
      if (!received.ends_with("\r\n\r\n")) continue;
      going = SSL_write(session.get(), answer.data(), static_cast<int>(answer.size())) > 0 &&
              !received.contains("Connection: close") && !manner_.until_close;
      received.clear();
      if (manner_.renegotiates) {
        going = SSL_renegotiate(session.get()) == 1 && SSL_do_handshake(session.get()) == 1;
      }
    }
    if (!manner_.cuts) SSL_shutdown(session.get());
    shutdown(fd, SHUT_RDWR);
  }

  Context context_;
  UniqueFd listener_;
  int port_;
  TlsManner manner_;
  std::vector<int> sockets_;           // of the acceptor, then of the destructor
  std::vector<std::jthread> threads_;  // the same
  std::jthread acceptor_;
};

int refuse_all_but_http_2(SSL*, const unsigned char** chosen, unsigned char* size,
                          const unsigned char* offered, unsigned offered_size, void*) {
  static constexpr unsigned char h2[] = "\x02h2";
  const int result = SSL_select_next_proto(const_cast<unsigned char**>(chosen), size, h2, 3,
                                           offered, offered_size);
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void apply(const TlsManner& manner, SSL_CTX* context) {
  if (manner.renegotiates) SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  if (manner.old) {
    SSL_CTX_set_cipher_list(context, "DEFAULT@SECLEVEL=0");
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
  }
  if (manner.only_http_2) SSL_CTX_set_alpn_select_cb(context, refuse_all_but_http_2, nullptr);
}

}  // namespace

const std::string& TlsServer::body() {
  static const std::string text(40'000, 'b');
  return text;
}

Result<std::unique_ptr<TlsServer>> TlsServer::start(const std::string& name,
                                                    const std::filesystem::path& certificate_file,
                                                    const TlsManner& manner) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate = sign_own(key.get(), name);
  const std::unique_ptr<FILE, Freer<fclose>> file(fopen(certificate_file.c_str(), "w"));
  if (!file || PEM_write_X509(file.get(), certificate.get()) != 1) {
    return fail_errno(certificate_file, errno);
  }
  Context context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_use_certificate(context.get(), certificate.get());
  SSL_CTX_use_PrivateKey(context.get(), key.get());
  apply(manner, context.get());

  UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = host::ipv4_loopback();
  socklen_t size = sizeof address;
  if (bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      listen(listener.get(), 4096) != 0 ||
      getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return fail_errno("cannot listen", errno);
  }
  return std::make_unique<Server>(std::move(context), std::move(listener), ntohs(address.sin_port),
                                  manner);
}

}  // namespace unrig::tests
