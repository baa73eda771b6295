#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

namespace platform::testing {

inline std::string Deflated(std::string_view text, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

inline std::string Gzipped(std::string_view text) {
  return Deflated(text, MAX_WBITS + 16);
}
inline std::string ZlibDeflated(std::string_view text) {
  return Deflated(text, MAX_WBITS);
}

}  // namespace platform::testing
