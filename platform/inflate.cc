#include "platform/inflate.h"

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <array>

namespace platform {

using policy::ErrorCode;
using policy::Result;

struct Inflater::State {
  explicit State(std::size_t max) : size_max(max) {
    // 32: tell gzip from zlib by the header.
    ready = inflateInit2(&stream, MAX_WBITS + 32) == Z_OK;
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (ready) inflateEnd(&stream);
  }

  Result<void> Inflate(std::string& out);

  z_stream stream{};
  bool ready = false;
  bool at_end = false;  // of a member, with nothing after it so far
  std::size_t size_max;
  std::size_t size = 0;
  std::array<char, 65536> buffer;
};

Inflater::Inflater(std::size_t size_max) : state_(std::make_unique<State>(size_max)) {}
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;
Inflater::~Inflater() = default;

// Consumes all of stream.next_in.
Result<void> Inflater::State::Inflate(std::string& out) {
  bool more = true;
  while (more) {
    if (at_end) {
      if (stream.avail_in == 0) return {};
      if (inflateReset(&stream) != Z_OK) {
        return policy::Fail(ErrorCode::exhausted, "no memory to decompress");
      }
      at_end = false;
    }
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    const int status = inflate(&stream, Z_NO_FLUSH);
    const std::size_t count = buffer.size() - stream.avail_out;
    if (count > size_max - size) {
      return policy::Fail(ErrorCode::exhausted,
                          fmt::format("decompresses to more than the {} bytes allowed", size_max));
    }
    size += count;
    out.append(buffer.data(), count);
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
      return policy::Fail(ErrorCode::malformed_input, "the compressed data is damaged");
    }
    at_end = status == Z_STREAM_END;
    more = stream.avail_in > 0 || stream.avail_out == 0;
  }
  return {};
}

Result<void> Inflater::Write(std::string_view compressed, std::string& out) {
  if (!state_->ready) return policy::Fail(ErrorCode::exhausted, "no memory to decompress");
  while (!compressed.empty()) {
    const std::string_view piece = compressed.substr(0, std::size_t{1} << 30);
    // zlib never writes through next_in; its type merely predates const.
    state_->stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    state_->stream.avail_in = static_cast<uInt>(piece.size());
    if (auto done = state_->Inflate(out); !done) return done;
    compressed.remove_prefix(piece.size());
  }
  return {};
}

Result<void> Inflater::Finish() const {
  if (state_->at_end) return {};
  return policy::Fail(ErrorCode::unavailable, "the compressed data ends early");
}

Result<std::string> Inflate(std::string_view compressed, std::size_t size_max) {
  Inflater inflater(size_max);
  std::string out;
  if (auto done = inflater.Write(compressed, out); !done) return tl::unexpected(done.error());
  if (auto done = inflater.Finish(); !done) return tl::unexpected(done.error());
  return out;
}

}  // namespace platform
