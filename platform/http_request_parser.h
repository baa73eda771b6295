#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/http_server.h"

namespace platform {

// The strict HTTP/1.x request parser of the server, without any I/O, so that it can be fuzzed.
//
// Feed it the bytes of a connection, then Take the request once done(), then use a new parser with
// what Feed left over. Not thread-safe.
class HttpRequestParser {
 public:
  struct Refusal {
    int status;          // 400, 413, 431, 501 or 505
    std::string reason;  // our own words: nothing of the request is echoed
  };

  explicit HttpRequestParser(const HttpServerLimits& limits);
  HttpRequestParser(HttpRequestParser&&) noexcept;
  HttpRequestParser& operator=(HttpRequestParser&&) noexcept;
  ~HttpRequestParser();

  // Adds to what was fed so far. A refusal is final: answer it, then close the connection.
  std::optional<Refusal> Feed(std::string_view bytes);

  bool started() const;  // a byte of a request has come
  bool head_done() const;
  bool done() const;
  bool expects_continue() const;  // the client waits for 100 Continue; once head_done
  bool keep_alive() const;        // once head_done
  bool is_http_1_1() const;       // likewise

  // Once done: the request, and the bytes that came after it.
  HttpServerRequest TakeRequest();
  std::string TakeRest();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace platform
