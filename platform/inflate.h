#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace platform {

// Decompresses gzip (RFC 1952, several members allowed) or zlib (RFC 1950) piece by piece, and
// stops as soon as more than `size_max` bytes have come out: a bomb costs no more memory than that.
// Fails with `exhausted` at the cap and `malformed_input` on bytes that are neither. Not
// thread-safe.
class Inflater {
 public:
  explicit Inflater(std::size_t size_max);
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;
  ~Inflater();

  // Appends what `compressed` yields to `out`.
  policy::Result<void> Write(std::string_view compressed, std::string& out);
  // Fails with `unavailable` if the compressed stream ended before its own end.
  policy::Result<void> Finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// All at once, for a compressed file.
policy::Result<std::string> Inflate(std::string_view compressed, std::size_t size_max);

}  // namespace platform
