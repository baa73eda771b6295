#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace platform {

// Undoes the chunked transfer coding (RFC 9112 section 7.1) of a request, strictly: CR LF only, no
// sign, no blanks around the size. Extensions and trailers are checked, then dropped. Our own,
// since Beast's stops the program on an empty body that arrives in small pieces (an assertion).
class ChunkedDecoder {
 public:
  enum class Problem { malformed, body_too_large, line_too_long };

  ChunkedDecoder(std::size_t body_size_max, std::size_t trailer_size_max)
      : body_size_max_(body_size_max), trailer_size_max_(trailer_size_max) {}

  // Takes what it can from the front of `pending` and appends what it means to `body`.
  std::optional<Problem> Feed(std::string& pending, std::string& body);
  bool done() const { return phase_ == Phase::done; }

 private:
  enum class Phase { size, data, data_end, trailer, done };

  std::optional<Problem> TakeSize(std::string_view line, std::size_t body_size);
  std::optional<Problem> TakeLine(std::string_view line, std::size_t body_size);

  std::size_t body_size_max_;
  std::size_t trailer_size_max_;
  std::size_t trailer_size_ = 0;
  std::size_t left_ = 0;  // of the current chunk
  Phase phase_ = Phase::size;
};

}  // namespace platform
