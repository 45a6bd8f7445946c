#include "dialogue/conversation.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <memory>

namespace lockstep::dialogue {
namespace {

constexpr std::size_t kReadBytes = 16384;

using boost::system::error_code;

auto into(error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

std::string sha256(const unsigned char* bytes, int size) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned length = 0;
  if (size <= 0 || EVP_Digest(bytes, static_cast<std::size_t>(size), hash.data(), &length,
                              EVP_sha256(), nullptr) != 1) {
    return {};
  }
  std::string text;
  for (unsigned i = 0; i < length; ++i) text += fmt::format("{:02x}", hash[i]);
  return text;
}

}  // namespace

asio::ssl::context lenient_tls() {
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.set_verify_mode(asio::ssl::verify_none);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_VERSION);
  SSL_CTX_set_security_level(context.native_handle(), 0);
  SSL_CTX_set_options(context.native_handle(),
                      SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF);
  return context;
}

Conversation::Conversation(asio::io_context& io, UniqueFd socket, std::function<void()> reading)
    : socket_(io, std::move(reading)) {
  error_code error;
  // It gives its argument back as well.
  const error_code assigned = socket_.lowest_layer().assign(socket.get(), error);
  if (!assigned) socket.release();
}

asio::awaitable<bool> Conversation::start_tls(asio::ssl::context& context, TimePoint deadline) {
  tls_.emplace(socket_, context);
  error_code error;
  const Deadline end(socket_.lowest_layer(), deadline);
  co_await tls().async_handshake(asio::ssl::stream_base::client, into(error));
  co_return !error;
}

std::optional<Certificate> Conversation::certificate() {
  if (!tls_) return {};
  const std::unique_ptr<X509, decltype(&X509_free)> shown(
      SSL_get1_peer_certificate(tls().native_handle()), X509_free);
  if (!shown) return {};
  const auto hash_of = [](auto&& encode) {
    unsigned char* bytes = nullptr;
    const int size = encode(&bytes);
    std::string hash = sha256(bytes, size);
    OPENSSL_free(bytes);
    return hash;
  };
  return Certificate{
      .sha256 = hash_of([&](unsigned char** to) { return i2d_X509(shown.get(), to); }),
      .public_key_sha256 = hash_of([&](unsigned char** to) {
        return i2d_X509_PUBKEY(X509_get_X509_PUBKEY(shown.get()), to);
      })};
}

asio::awaitable<bool> Conversation::send(std::string_view bytes, TimePoint deadline) {
  if (bytes.empty()) co_return true;
  error_code error;
  const Deadline end(socket_.lowest_layer(), deadline);
  const asio::const_buffer buffer(bytes.data(), bytes.size());
  if (tls_) {
    co_await asio::async_write(tls(), buffer, into(error));
  } else {
    co_await asio::async_write(socket_, buffer, into(error));
  }
  co_return !error;
}

asio::awaitable<ReadEnd> Conversation::read(std::string& into_text, TimePoint deadline) {
  std::array<char, kReadBytes> bytes;
  error_code error;
  std::size_t size = 0;
  const Deadline end(socket_.lowest_layer(), deadline);
  if (tls_) {
    size = co_await tls().async_read_some(asio::buffer(bytes), into(error));
  } else {
    size = co_await socket_.async_read_some(asio::buffer(bytes), into(error));
  }
  into_text.append(bytes.data(), size);
  if (size > 0) co_return ReadEnd::data;
  co_return end.expired() ? ReadEnd::deadline : ReadEnd::closed;
}

void Conversation::close() {
  error_code error;
  [[maybe_unused]] const error_code closed = socket_.lowest_layer().close(error);
}

}  // namespace lockstep::dialogue
