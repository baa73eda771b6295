#include "platform/http_server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "platform/http_client.h"
#include "tests/platform/raw_client.h"

namespace platform {
namespace {

using policy::ErrorCode;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::RawClient;

HttpServerResponse Echo(const HttpServerRequest& request) {
  if (request.path == "/throw") throw std::runtime_error("secret reason");
  HttpServerResponse response =
      TextResponse(request.path == "/none" ? 404 : 200,
                   request.method + " " + request.path + " " + request.query + " " + request.body);
  if (request.path == "/split") response.headers.push_back({"X", "a\r\nSet-Cookie: b"});
  if (request.path == "/lie") response.headers.push_back({"content-length", "1"});
  response.headers.push_back({"Peer", request.peer_address});
  return response;
}

std::unique_ptr<HttpServer> Start(HttpServerLimits limits = {}) {
  HttpServer::Options options;
  options.limits = limits;
  auto server = HttpServer::Start(std::move(options), Echo);
  if (!server) throw std::runtime_error(server.error().detail);
  return *std::move(server);
}

std::string Exchange(const HttpServer& server, std::string_view bytes) {
  RawClient client(server.port());
  client.Send(bytes);
  return client.ReadToEnd();
}

TEST(HttpServerTest, AnswersOurOwnClient) {
  const auto server = Start();
  CurlHttpClient client("sekisho-test");
  HttpRequest request;
  request.allow_private_addresses = true;
  request.url = "http://127.0.0.1:" + std::to_string(server->port()) + "/a/b?c=d";
  const auto response = client.Get(request);
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->body, "GET /a/b c=d ");
  request.url = "http://127.0.0.1:" + std::to_string(server->port()) + "/none";
  EXPECT_EQ(client.Get(request)->status, 404);
}

TEST(HttpServerTest, AnswersSeveralRequestsOnOneConnectionInTheirOrder) {
  const auto server = Start();
  const std::string text = Exchange(*server,
                                    "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
                                    "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                                    "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const auto first = text.find("GET /1");
  const auto second = text.find("POST /2  abc");
  const auto third = text.find("GET /3");
  EXPECT_LT(first, second) << text;
  EXPECT_LT(second, third) << text;
  EXPECT_NE(third, std::string::npos) << text;
  EXPECT_NE(text.find("Peer: 127.0.0.1\r\n"), std::string::npos);
}

TEST(HttpServerTest, SendsTheHeadAloneForHead) {
  const auto server = Start();
  const std::string text =
      Exchange(*server, "HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(text.starts_with("HTTP/1.1 200 OK\r\n")) << text;
  EXPECT_NE(text.find("Content-Length: 9\r\n"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("\r\n\r\n")) << text;
}

TEST(HttpServerTest, InvitesTheBodyThatAClientHoldsBack) {
  const auto server = Start();
  RawClient client(server->port());
  client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("abc");
  EXPECT_NE(client.ReadUntil("abc").find("POST /  abc"), std::string::npos);
}

TEST(HttpServerTest, N7_RefusesASmuggledRequestAndThenCloses) {
  const auto server = Start();
  const std::string text = Exchange(*server,
                                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
                                    "Transfer-Encoding: chunked\r\n\r\n"
                                    "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(text.starts_with("HTTP/1.1 400 Bad Request\r\n")) << text;
  EXPECT_NE(text.find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(text.find("smuggled"), std::string::npos);
}

TEST(HttpServerTest, AnswersARefusedUploadBeforeItIsAllSent) {
  HttpServerLimits limits;
  limits.body_size_max = 1000;
  const auto server = Start(limits);
  const std::string text =
      Exchange(*server, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" +
                            std::string(300000, 'x'));
  EXPECT_TRUE(text.starts_with("HTTP/1.1 413 ")) << text;
}

TEST(HttpServerTest, KeepsAHandlersFailureToItself) {
  const auto server = Start();
  const std::string text =
      Exchange(*server, "GET /throw HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(text.starts_with("HTTP/1.1 500 ")) << text;
  EXPECT_EQ(text.find("secret"), std::string::npos);
}

TEST(HttpServerTest, DropsHeadersThatWouldSplitTheResponse) {
  const auto server = Start();
  const std::string split =
      Exchange(*server, "GET /split HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(split.find("Set-Cookie"), std::string::npos) << split;
  const std::string lie =
      Exchange(*server, "GET /lie HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(lie.find("content-length"), std::string::npos) << lie;
}

TEST(HttpServerTest, N7_ClosesConnectionsThatKeepItWaiting) {
  HttpServerLimits limits;
  limits.idle_timeout = limits.header_timeout = limits.body_timeout = milliseconds(200);
  const auto server = Start(limits);
  for (const char* bytes :
       {"", "GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na"}) {
    RawClient client(server->port());
    client.Send(bytes);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(client.ReadToEnd(), "") << bytes;
    EXPECT_TRUE(client.closed()) << bytes;
    EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(4)) << bytes;
  }
}

TEST(HttpServerTest, N7_IsNotFooledByAClientThatDripsItsHead) {
  HttpServerLimits limits;
  limits.header_timeout = milliseconds(300);
  const auto server = Start(limits);
  RawClient client(server->port());
  const auto start = std::chrono::steady_clock::now();
  bool open = client.Send("GET / HTTP/1.1\r\n");
  while (open && std::chrono::steady_clock::now() - start < seconds(5)) {
    open = client.Send("X: y\r\n");
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_FALSE(open);
}

TEST(HttpServerTest, TurnsConnectionsBeyondTheLimitAway) {
  HttpServerLimits limits;
  limits.connections_max = 2;
  const auto server = Start(limits);
  RawClient one(server->port());
  RawClient two(server->port());
  // In the middle of a request neither gives way.
  one.Send("GET /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  two.Send("GET /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  EXPECT_NE(one.ReadUntil("100 Continue").find("100 Continue"), std::string::npos);
  EXPECT_NE(two.ReadUntil("100 Continue").find("100 Continue"), std::string::npos);
  EXPECT_EQ(Exchange(*server, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"), "");
}

TEST(HttpServerTest, MakesRoomByClosingTheLongestIdle) {
  HttpServerLimits limits;
  limits.connections_max = 2;
  HttpServer::Options options;
  options.threads = 1;
  options.limits = limits;
  const auto server = HttpServer::Start(std::move(options), Echo).value();
  const std::string get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
  RawClient one(server->port());
  RawClient two(server->port());
  one.Send(get);
  EXPECT_NE(one.ReadUntil("GET /x").find("200 OK"), std::string::npos);
  two.Send(get);
  EXPECT_NE(two.ReadUntil("GET /x").find("200 OK"), std::string::npos);
  RawClient three(server->port());
  three.Send(get);
  EXPECT_NE(three.ReadUntil("GET /x").find("200 OK"), std::string::npos);
  one.ReadToEnd();
  EXPECT_TRUE(one.closed());
  two.Send(get);
  EXPECT_NE(two.ReadUntil("GET /x").find("200 OK"), std::string::npos);
}

TEST(HttpServerTest, ServesPromptlyBesideThousandsOfIdleConnections) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  constexpr std::size_t kIdle = 5000;
  if (files.rlim_cur < 2 * kIdle + 200) {
    GTEST_SKIP() << "may open only " << files.rlim_cur << " files; raise `ulimit -n`";
  }
  const auto server = Start();
  std::vector<std::unique_ptr<RawClient>> idle;
  for (std::size_t i = 0; i < kIdle; ++i) {
    idle.push_back(std::make_unique<RawClient>(server->port()));
    ASSERT_TRUE(idle.back()->connected()) << i;
  }
  const auto start = std::chrono::steady_clock::now();
  const std::string text =
      Exchange(*server, "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(text.starts_with("HTTP/1.1 200 OK")) << text;
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(2));
}

TEST(HttpServerTest, SaysWhyItCannotListen) {
  const auto server = Start();
  HttpServer::Options options;
  options.port = server->port();
  EXPECT_EQ(HttpServer::Start(options, Echo).error().code, ErrorCode::unavailable);
  options.address = "localhost";
  EXPECT_EQ(HttpServer::Start(options, Echo).error().code, ErrorCode::malformed_input);
}

TEST(HttpServerTest, StopsWithConnectionsOpen) {
  auto server = Start();
  RawClient client(server->port());
  client.Send("GET / HT");
  server->Stop();
  server->Stop();
  client.ReadToEnd();
  EXPECT_TRUE(client.closed());
  EXPECT_FALSE(RawClient(server->port()).connected());
}

// Keeps what a handler would answer later.
struct Desk {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<HttpServer::Respond> waiting;

  std::unique_ptr<HttpServer> Start(HttpServerLimits limits = {}) {
    HttpServer::Options options;
    options.limits = limits;
    auto server =
        HttpServer::StartDeferring(options, [this](HttpServerRequest, HttpServer::Respond respond) {
          const std::lock_guard lock(mutex);
          waiting.push_back(std::move(respond));
          changed.notify_all();
        });
    if (!server) throw std::runtime_error(server.error().detail);
    return *std::move(server);
  }
  void AwaitRequests(std::size_t count) {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, seconds(5), [&] { return waiting.size() >= count; }));
  }
};

constexpr std::string_view last_request = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

TEST(HttpServerTest, AnswersLaterFromAnotherThreadAndMeanwhileServesOthers) {
  Desk desk;
  const auto server = desk.Start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<RawClient>(server->port()));
    clients.back()->Send(last_request);
  }
  desk.AwaitRequests(8);
  std::thread([&] {
    for (auto& respond : desk.waiting) {
      respond(TextResponse(200, "late"));
      respond(TextResponse(200, "twice"));
    }
  }).join();
  for (const auto& client : clients) {
    const std::string text = client->ReadToEnd();
    EXPECT_TRUE(text.ends_with("late")) << text;
  }
}

TEST(HttpServerTest, TakesNoHarmFromAnAnswerThatComesAfterItStopped) {
  Desk desk;
  auto server = desk.Start();
  RawClient client(server->port());
  client.Send(last_request);
  desk.AwaitRequests(1);
  server.reset();
  desk.waiting.front()(TextResponse(200, "too late"));
  client.ReadToEnd();
  EXPECT_TRUE(client.closed());
}

TEST(HttpServerTest, ClosesTheConnectionWhenNoAnswerComes) {
  Desk desk;
  HttpServerLimits limits;
  limits.answer_timeout = milliseconds(50);
  const auto server = desk.Start(limits);
  RawClient client(server->port());
  client.Send(last_request);
  EXPECT_EQ(client.ReadToEnd(), "");
  EXPECT_TRUE(client.closed());
  desk.waiting.front()(TextResponse(200, "too late"));
}

}  // namespace
}  // namespace platform
