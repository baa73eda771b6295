#include "platform/http_server.h"

#include <fmt/core.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <mutex>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

#include "platform/http_request_parser.h"
#include "platform/http_response_head.h"
#include "platform/http_stream.h"
#include "platform/log.h"

namespace platform {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using TlsContext = asio::ssl::context;
using policy::ErrorCode;
using policy::Result;

std::string_view BodyOf(const HttpServerResponse& response) {
  return response.body ? std::string_view(*response.body) : std::string_view();
}

struct ServerState {
  HttpServer::Options options;
  HttpServer::DeferringHandler handler;
  std::shared_ptr<TlsContext> tls;  // null for plain text; std::atomic_load and _store
  std::atomic<std::size_t> connections{0};
};

class Connection;

// Where a handler leaves its response, from any thread, even after the connection is gone.
class Answer {
 public:
  explicit Answer(Connection& waiting) : waiting_(&waiting) {}

  void Give(HttpServerResponse response);
  void Wake();
  std::optional<HttpServerResponse> Take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(response_, std::nullopt);
  }
  bool IsGiven() {
    const std::lock_guard lock(mutex_);
    return response_.has_value();
  }
  // Has to be called before the connection, or its event loop, goes.
  void Abandon() {
    const std::lock_guard lock(mutex_);
    waiting_ = nullptr;
  }

 private:
  std::mutex mutex_;
  Connection* waiting_;  // null once nobody waits
  std::optional<HttpServerResponse> response_;
};

// One thread, its event loop and its connections.
struct Worker {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
  // Touched on its own thread only.
  std::set<std::shared_ptr<Connection>> connections;
  std::list<Connection*> idle;  // of them, those between requests; the longest first
  std::thread thread;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(ServerState& server, Worker& worker, Tcp::socket socket, std::string peer)
      : server_(server),
        worker_(worker),
        timer_(worker.io),
        answered_(worker.io),
        peer_(std::move(peer)) {
    auto tls = std::atomic_load(&server.tls);
    stream_ =
        tls ? MakeTlsStream(std::move(socket), std::move(tls)) : MakePlainStream(std::move(socket));
    ++server_.connections;
  }
  ~Connection() { --server_.connections; }

  // Keeps itself alive by being among the worker's connections.
  void Start() {
    worker_.connections.insert(shared_from_this());
    asio::co_spawn(worker_.io, Serve(), [self = shared_from_this()](std::exception_ptr) {
      if (self->answer_) self->answer_->Abandon();
      self->timer_.cancel();
      self->stream_->Close();
      self->Occupy();
      self->worker_.connections.erase(self);
    });
  }
  void Close() {
    closed_ = true;
    Occupy();
    if (answer_) answer_->Abandon();
    answered_.cancel();
    stream_->Close();
  }
  // From any thread, as long as the answer has not been abandoned.
  void Wake() {
    asio::post(worker_.io, [self = shared_from_this()] { self->answered_.cancel(); });
  }

 private:
  asio::awaitable<void> Serve();
  asio::awaitable<bool> ReadRequest(HttpRequestParser& parser);
  asio::awaitable<bool> Feed(HttpRequestParser& parser, std::string_view bytes);
  asio::awaitable<void> Respond(const HttpServerResponse& response, bool with_body,
                                bool keep_alive);
  asio::awaitable<void> Stream(const HttpServerResponse& response, bool keep_alive);
  asio::awaitable<void> AwaitAnswer();
  asio::awaitable<void> ReadAhead();
  asio::awaitable<void> Refuse(HttpRequestParser::Refusal refusal);
  asio::awaitable<std::optional<HttpServerResponse>> Handle(HttpServerRequest request);

  // Closes the connection unless called again within `timeout`.
  void Allow(std::chrono::milliseconds timeout) {
    deadline_ = std::chrono::steady_clock::now() + timeout;
    // Several times a request: a timer that runs out too early is cheaper than one set anew.
    if (deadline_ < timer_.expiry() || !timing_) Time();
  }
  void Time() {
    timing_ = true;
    timer_.expires_at(deadline_);
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (error || !self) return;
      if (std::chrono::steady_clock::now() < self->deadline_) return self->Time();
      self->Close();
    });
  }

  // Between requests it may be closed for another.
  void Idle() {
    worker_.idle.push_back(this);
    idle_ = std::prev(worker_.idle.end());
  }
  void Occupy() {
    if (idle_) worker_.idle.erase(*std::exchange(idle_, std::nullopt));
  }
  const HttpServerLimits& limits() const { return server_.options.limits; }

  ServerState& server_;
  Worker& worker_;
  asio::steady_timer timer_;
  asio::steady_timer answered_;  // does not run out; cancelled when there is an answer
  std::shared_ptr<Answer> answer_;
  std::unique_ptr<HttpStream> stream_;
  std::string peer_;
  std::string identity_;
  bool closed_ = false;
  bool reads_ahead_ = false;
  std::chrono::steady_clock::time_point deadline_;
  bool timing_ = false;
  std::optional<std::list<Connection*>::iterator> idle_;
  std::string rest_;  // of the last read, belonging to the next request
};

asio::awaitable<void> Connection::Serve() {
  Allow(limits().header_timeout);
  co_await stream_->Handshake();
  identity_ = stream_->ClientIdentity();
  bool keep_alive = true;
  while (keep_alive) {
    HttpRequestParser parser(limits());
    if (!co_await ReadRequest(parser)) co_return;
    keep_alive = parser.keep_alive();
    HttpServerRequest request = parser.TakeRequest();
    rest_ = parser.TakeRest();
    request.peer_address = peer_;
    request.client_cert_identity = identity_;
    const bool with_body = request.method != "HEAD";
    const bool may_stream = with_body && parser.is_http_1_1();
    auto response = co_await Handle(std::move(request));
    if (!response) co_return;
    if (response->stream && may_stream) {
      co_await Stream(*response, keep_alive);
      continue;
    }
    if (response->stream) response = TextResponse(505, "a stream needs HTTP/1.1\n");
    co_await Respond(*response, with_body, keep_alive);
  }
  Allow(limits().header_timeout);
  co_await stream_->ShutDown();
}

// Adds bytes to the parser. False if it refused them; the client then has its answer.
asio::awaitable<bool> Connection::Feed(HttpRequestParser& parser, std::string_view bytes) {
  const bool had_started = parser.started();
  const bool had_head = parser.head_done();
  if (auto refusal = parser.Feed(bytes)) {
    co_await Refuse(*std::move(refusal));
    co_return false;
  }
  if (parser.head_done() && !had_head) {
    Allow(limits().body_timeout);
    if (!parser.done() && parser.expects_continue()) {
      co_await stream_->Write("HTTP/1.1 100 Continue\r\n\r\n", {});
    }
  } else if (parser.started() && !had_started) {
    Allow(limits().header_timeout);
  }
  co_return true;
}

// False once the connection is over: closed by the client, or refused.
asio::awaitable<bool> Connection::ReadRequest(HttpRequestParser& parser) {
  Allow(limits().idle_timeout);
  if (rest_.empty()) Idle();
  while (reads_ahead_ && !closed_) co_await AwaitAnswer();
  if (closed_) co_return false;
  if (!rest_.empty()) Occupy();
  if (!rest_.empty() && !co_await Feed(parser, std::exchange(rest_, {}))) co_return false;
  // A small buffer as long as it is idle, since thousands are.
  std::array<char, 4096> buffer;
  while (!parser.done()) {
    const std::size_t count = co_await stream_->Read(asio::buffer(buffer));
    Occupy();
    if (count == 0) co_return false;
    if (!co_await Feed(parser, {buffer.data(), count})) co_return false;
  }
  co_return true;
}

// Empty if the connection was closed before there was a response.
asio::awaitable<std::optional<HttpServerResponse>> Connection::Handle(HttpServerRequest request) {
  answer_ = std::make_shared<Answer>(*this);
  const std::string what = request.method + " " + request.path;
  Allow(limits().answer_timeout);
  answered_.expires_at(asio::steady_timer::time_point::max());
  try {
    server_.handler(std::move(request), [answer = answer_](HttpServerResponse response) {
      answer->Give(std::move(response));
    });
  } catch (const std::exception& error) {
    Error("http server: {} failed: {}", what, error.what());
    answer_->Give(TextResponse(500, "internal error\n"));
  } catch (...) {
    Error("http server: {} failed", what);
    answer_->Give(TextResponse(500, "internal error\n"));
  }
  // Woken late by the answer before, it may find none yet.
  while (!answer_->IsGiven() && !closed_) co_await AwaitAnswer();
  answer_->Abandon();
  co_return answer_->Take();
}

asio::awaitable<void> Connection::AwaitAnswer() {
  boost::system::error_code cancelled;
  co_await answered_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

// While a stream is sent: a client that leaves ends it, even where there is nothing to send. What
// it sends instead belongs to its next request.
asio::awaitable<void> Connection::ReadAhead() {
  std::array<char, 4096> buffer;
  const std::size_t count = co_await stream_->Read(asio::buffer(buffer));
  reads_ahead_ = false;
  rest_.append(buffer.data(), count);
  if (count == 0) Close();
  answered_.cancel();
}

// In chunks (RFC 9112 section 7.1). Nobody wakes it between Next and the wait: that happens on this
// thread.
asio::awaitable<void> Connection::Stream(const HttpServerResponse& response, bool keep_alive) {
  answer_ = std::make_shared<Answer>(*this);
  response.stream->Await([answer = answer_] { answer->Wake(); });
  if (!std::exchange(reads_ahead_, true)) {
    asio::co_spawn(worker_.io, ReadAhead(),
                   [self = shared_from_this()](const std::exception_ptr&) {});
  }
  const std::string head = MakeResponseHead(response, keep_alive);
  Allow(limits().write_timeout);
  co_await stream_->Write(head, {});
  while (!closed_) {
    std::optional<std::string> piece = response.stream->Next();
    if (!piece) break;
    if (piece->empty()) {
      Allow(limits().answer_timeout);
      co_await AwaitAnswer();
      continue;
    }
    const std::string size = fmt::format("{:x}\r\n", piece->size());
    *piece += "\r\n";
    Allow(limits().write_timeout);
    co_await stream_->Write(size, *piece);
  }
  answer_->Abandon();
  if (!closed_) co_await stream_->Write("0\r\n\r\n", {});
}

asio::awaitable<void> Connection::Respond(const HttpServerResponse& response, bool with_body,
                                          bool keep_alive) {
  const bool bodiless = !with_body || response.status == 204 || response.status == 304;
  const std::string head = MakeResponseHead(response, keep_alive);
  Allow(limits().write_timeout);
  co_await stream_->Write(head, bodiless ? std::string_view() : BodyOf(response));
}

asio::awaitable<void> Connection::Refuse(HttpRequestParser::Refusal refusal) {
  Info("http server: refused a request from {}: {}", peer_, refusal.reason);
  const HttpServerResponse response = TextResponse(refusal.status, refusal.reason + "\n");
  co_await Respond(response, true, false);
  Allow(limits().header_timeout);
  co_await stream_->ShutDown();
}

void Answer::Give(HttpServerResponse response) {
  const std::lock_guard lock(mutex_);
  if (waiting_ == nullptr || response_) return;
  response_ = std::move(response);
  waiting_->Wake();
}

void Answer::Wake() {
  const std::lock_guard lock(mutex_);
  if (waiting_ != nullptr) waiting_->Wake();
}

// Without it, OpenSSL would ask for the password of an encrypted key on the terminal.
int RefuseToAskPassword(char*, int, int, void*) {
  return -1;
}

Result<std::shared_ptr<TlsContext>> MakeTlsContext(const HttpServer::Tls& tls) {
  try {
    auto context = std::make_shared<TlsContext>(TlsContext::tls_server);
    SSL_CTX* native = context->native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(native, &RefuseToAskPassword);
    SSL_CTX_set_session_id_context(native, reinterpret_cast<const unsigned char*>("sekisho"), 7);
    context->use_certificate_chain(asio::buffer(tls.certificate_pem));
    context->use_private_key(asio::buffer(tls.key_pem), TlsContext::pem);
    if (SSL_CTX_check_private_key(native) != 1) {
      return policy::Fail(ErrorCode::malformed_input, "the TLS key is not the certificate's");
    }
    if (!tls.client_ca_pem.empty()) {
      context->add_certificate_authority(asio::buffer(tls.client_ca_pem));
      context->set_verify_mode(tls.client_certificate_optional
                                   ? asio::ssl::verify_peer
                                   : asio::ssl::verify_peer |
                                         asio::ssl::verify_fail_if_no_peer_cert);
    }
    return context;
  } catch (const boost::system::system_error& error) {
    return policy::Fail(
        ErrorCode::malformed_input,
        fmt::format("cannot use the TLS certificate or key: {}", error.code().message()));
  }
}

class AsioHttpServer final : public HttpServer {
 public:
  AsioHttpServer(Options options, DeferringHandler handler, std::shared_ptr<TlsContext> tls)
      : state_{std::move(options), std::move(handler), std::move(tls), {}} {
    const unsigned count = std::max(1U, state_.options.threads);
    for (unsigned i = 0; i < count; ++i) workers_.push_back(std::make_unique<Worker>());
    acceptor_ = std::make_unique<Tcp::acceptor>(workers_.front()->io);
  }
  ~AsioHttpServer() override { Stop(); }

  Result<void> Listen();
  std::uint16_t port() const override { return port_; }
  Result<void> ReloadTls(const Tls& tls) override;
  void Stop() override;

 private:
  asio::awaitable<void> Accept();
  void Adopt(Worker& worker, Tcp::socket socket);

  ServerState state_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Tcp::acceptor> acceptor_;
  std::uint16_t port_ = 0;
  std::once_flag stopped_;
};

Result<void> AsioHttpServer::Listen() {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(state_.options.address, error);
  if (error) {
    return policy::Fail(
        ErrorCode::malformed_input,
        fmt::format("\"{}\" is not an IP address to listen on", state_.options.address));
  }
  const Tcp::endpoint endpoint(address, state_.options.port);
  try {
    acceptor_->open(endpoint.protocol());
    acceptor_->set_option(Tcp::acceptor::reuse_address(true));
    acceptor_->bind(endpoint);
    acceptor_->listen(4096);
    port_ = acceptor_->local_endpoint().port();
  } catch (const boost::system::system_error& failure) {
    return policy::Fail(ErrorCode::unavailable,
                        fmt::format("cannot listen on {} port {}: {}", state_.options.address,
                                    state_.options.port, failure.code().message()));
  }
  asio::co_spawn(workers_.front()->io, Accept(), asio::detached);
  for (auto& worker : workers_) {
    worker->thread = std::thread([io = &worker->io] { io->run(); });
  }
  return {};
}

// Deals the connections out to the workers in turn.
asio::awaitable<void> AsioHttpServer::Accept() {
  asio::steady_timer pause(workers_.front()->io);
  for (std::size_t turn = 0; acceptor_->is_open(); ++turn) {
    Worker& worker = *workers_[turn % workers_.size()];
    boost::system::error_code error;
    Tcp::socket socket = co_await acceptor_->async_accept(
        worker.io, asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      asio::post(worker.io, [this, &worker, accepted = std::move(socket)]() mutable {
        Adopt(worker, std::move(accepted));
      });
    } else if (acceptor_->is_open()) {
      // Out of file descriptors, mostly: spinning would not bring any back.
      Warn("http server: cannot accept a connection: {}", error.message());
      pause.expires_after(std::chrono::milliseconds(100));
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
  }
}

void AsioHttpServer::Adopt(Worker& worker, Tcp::socket socket) {
  boost::system::error_code error;
  const auto peer = socket.remote_endpoint(error);
  if (error) return;
  if (state_.connections >= state_.options.limits.connections_max) {
    if (worker.idle.empty()) return;
    worker.idle.front()->Close();
  }
  socket.set_option(Tcp::no_delay(true), error);
  std::make_shared<Connection>(state_, worker, std::move(socket), peer.address().to_string())
      ->Start();
}

Result<void> AsioHttpServer::ReloadTls(const Tls& tls) {
  if (!state_.options.tls) {
    return policy::Fail(ErrorCode::conflict, "the server was started without TLS");
  }
  auto context = MakeTlsContext(tls);
  if (!context) return tl::unexpected(context.error());
  std::atomic_store(&state_.tls, *std::move(context));
  return {};
}

void AsioHttpServer::Stop() {
  std::call_once(stopped_, [this] {
    asio::post(workers_.front()->io, [this] {
      boost::system::error_code ignored;
      acceptor_->close(ignored);
    });
    for (auto& worker : workers_) {
      asio::post(worker->io, [w = worker.get()] {
        for (const auto& connection : w->connections) connection->Close();
        w->io.stop();
      });
    }
    for (auto& worker : workers_) {
      if (worker->thread.joinable()) worker->thread.join();
    }
    // The acceptor and the connections go before the loops that they belong to; the loops go too,
    // since sockets accepted but not yet served are in their queues.
    acceptor_.reset();
    for (auto& worker : workers_) worker->connections.clear();
    workers_.clear();
  });
}

}  // namespace

HttpServerResponse TextResponse(int status, std::string text) {
  return {status,
          {{"Content-Type", "text/plain; charset=utf-8"}},
          std::make_shared<const std::string>(std::move(text))};
}

Result<std::unique_ptr<HttpServer>> HttpServer::Start(Options options, Handler handler) {
  return StartDeferring(
      std::move(options),
      [handler = std::move(handler)](const HttpServerRequest& request, const Respond& respond) {
        respond(handler(request));
      });
}

Result<std::unique_ptr<HttpServer>> HttpServer::StartDeferring(Options options,
                                                               DeferringHandler handler) {
  std::shared_ptr<TlsContext> tls;
  if (options.tls) {
    auto context = MakeTlsContext(*options.tls);
    if (!context) return tl::unexpected(context.error());
    tls = *std::move(context);
  }
  auto server =
      std::make_unique<AsioHttpServer>(std::move(options), std::move(handler), std::move(tls));
  if (auto listening = server->Listen(); !listening) return tl::unexpected(listening.error());
  return server;
}

}  // namespace platform
