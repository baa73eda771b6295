// Answers whose body is made while it is sent.
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "platform/certificate.h"
#include "platform/http_server.h"
#include "tests/platform/raw_client.h"

namespace platform {
namespace {

using testing::RawClient;

// What a test gives it, piece by piece.
class Pieces final : public HttpBody {
 public:
  std::optional<std::string> Next() override {
    ++asked;
    const std::lock_guard lock(mutex_);
    if (!pieces_.empty()) {
      std::string piece = std::move(pieces_.front());
      pieces_.pop_front();
      return piece;
    }
    return is_over_ ? std::nullopt : std::optional<std::string>("");
  }
  void Await(std::function<void()> wake) override {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
  }

  void Give(std::string piece) {
    const std::lock_guard lock(mutex_);
    pieces_.push_back(std::move(piece));
    if (wake_) wake_();
  }
  void Finish() {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    if (wake_) wake_();
  }
  std::atomic<int> asked{0};

 private:
  std::mutex mutex_;
  std::deque<std::string> pieces_;
  std::function<void()> wake_;
  bool is_over_ = false;
};

// The same large state over and over, newer each time.
class NewestState final : public HttpBody {
 public:
  std::optional<std::string> Next() override {
    ++asked;
    return std::string(1 << 20, 'x');
  }
  void Await(std::function<void()>) override {}
  std::atomic<int> asked{0};
};

class HttpServerStreamTest : public ::testing::Test {
 protected:
  void Serve(std::shared_ptr<HttpBody> body) {
    Serve([body = std::move(body)] { return body; });
  }
  void Serve(std::function<std::shared_ptr<HttpBody>()> body) {
    HttpServer::Options options;
    options.threads = 1;
    options.tls = tls_;
    server_ = HttpServer::Start(std::move(options), [body = std::move(body)](const auto& request) {
                HttpServerResponse response = TextResponse(200, "plain");
                if (request.path == "/stream") response.stream = body();
                return response;
              }).value();
  }
  static constexpr const char* kRequest = "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n";

  std::optional<HttpServer::Tls> tls_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerStreamTest, SendsPiecesAsTheyComeAndGoesOnWithTheConnection) {
  const auto body = std::make_shared<Pieces>();
  Serve(body);
  body->Give("early");
  RawClient client(server_->port());
  client.Send(kRequest);
  const std::string head = client.ReadUntil("early\r\n");
  EXPECT_NE(head.find("Transfer-Encoding: chunked"), std::string::npos) << head;
  EXPECT_EQ(head.find("Content-Length"), std::string::npos) << head;
  EXPECT_NE(head.find("5\r\nearly\r\n"), std::string::npos) << head;
  std::thread elsewhere([&] { body->Give("from another thread"); });
  EXPECT_EQ(client.ReadUntil("thread\r\n"), "13\r\nfrom another thread\r\n");
  elsewhere.join();
  body->Finish();
  EXPECT_EQ(client.ReadUntil("0\r\n\r\n"), "0\r\n\r\n");
  client.Send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(client.ReadToEnd().find("plain"), std::string::npos);
}

TEST_F(HttpServerStreamTest, E7_ForAClientThatDoesNotReadNothingIsMade) {
  const auto body = std::make_shared<NewestState>();
  Serve(body);
  RawClient client(server_->port());
  client.Send(kRequest);
  client.ReadUntil("\r\n\r\n");
  int asked = -1;  // until the sockets' buffers are full
  while (asked != body->asked) {
    asked = body->asked;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  EXPECT_LT(asked, 50);
  RawClient other(server_->port());
  other.Send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(other.ReadToEnd().find("plain"), std::string::npos) << "it held up its thread";
}

TEST_F(HttpServerStreamTest, EndsWithTheClientAndWithTheServer) {
  const auto body = std::make_shared<Pieces>();
  Serve(body);
  {
    RawClient client(server_->port());
    client.Send(kRequest);
    client.ReadUntil("\r\n\r\n");
  }
  for (int i = 0; i < 3; ++i) body->Give(std::string(1000, 'x'));
  RawClient client(server_->port());
  client.Send(kRequest);
  client.ReadUntil("\r\n\r\n");
  server_->Stop();
  server_.reset();
  client.ReadToEnd();
  EXPECT_TRUE(client.closed());
  body->Give("late");
}

TEST_F(HttpServerStreamTest, IsGivenUpOnceItsClientLeavesEvenWithNothingToSend) {
  auto body = std::make_shared<Pieces>();
  const std::weak_ptr<Pieces> watched = body;
  Serve([&] { return std::exchange(body, nullptr); });
  {
    RawClient client(server_->port());
    client.Send(kRequest);
    client.ReadUntil("\r\n\r\n");
    EXPECT_FALSE(watched.expired());
  }
  for (int i = 0; i < 500 && !watched.expired(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(watched.expired());
}

// OpenSSL both reads and writes on the one connection then.
TEST_F(HttpServerStreamTest, OverTlsBothEndsTalkAtOnce) {
  const auto body = std::make_shared<Pieces>();
  const auto own =
      MakeCa("test", {policy::TimePoint(), policy::TimePoint(std::chrono::hours(1))}).value();
  tls_ = HttpServer::Tls{own.certificate_pem, own.key_pem, ""};
  Serve(body);
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  &SSL_CTX_free);
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> client(BIO_new_ssl_connect(context.get()),
                                                             &BIO_free_all);
  const std::string address = "127.0.0.1:" + std::to_string(server_->port());
  BIO_set_conn_hostname(client.get(), address.c_str());
  std::string seen;
  const auto read_until = [&](std::string_view mark) {
    std::array<char, 4096> buffer;
    while (seen.find(mark) == std::string::npos) {
      const int count = BIO_read(client.get(), buffer.data(), buffer.size());
      if (count <= 0) break;
      seen.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return seen.find(mark) != std::string::npos;
  };
  ASSERT_GT(BIO_puts(client.get(), kRequest), 0);
  ASSERT_TRUE(read_until("\r\n\r\n")) << seen;
  for (int i = 0; i < 3; ++i) {
    body->Give("piece " + std::to_string(i));
    ASSERT_TRUE(read_until("piece " + std::to_string(i))) << seen;
  }
  ASSERT_GT(BIO_puts(client.get(), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), 0);
  body->Give("one more");
  ASSERT_TRUE(read_until("one more")) << seen;
  body->Finish();
  EXPECT_TRUE(read_until("plain")) << seen;
}

TEST_F(HttpServerStreamTest, WhatIsSentMeanwhileIsTheNextRequest) {
  const auto body = std::make_shared<Pieces>();
  Serve(body);
  RawClient client(server_->port());
  client.Send(kRequest);
  client.ReadUntil("\r\n\r\n");
  client.Send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  body->Give("piece");
  EXPECT_NE(client.ReadUntil("piece\r\n").find("piece"), std::string::npos);
  body->Finish();
  EXPECT_NE(client.ReadToEnd().find("plain"), std::string::npos);
}

TEST_F(HttpServerStreamTest, HTTP10GetsNone) {
  Serve(std::make_shared<Pieces>());
  RawClient client(server_->port());
  client.Send("GET /stream HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(client.ReadToEnd().starts_with("HTTP/1.1 505 "));
}

}  // namespace
}  // namespace platform
