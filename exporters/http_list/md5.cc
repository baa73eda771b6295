#include "exporters/http_list/md5.h"

#include <openssl/evp.h>

#include <array>

#include "platform/encoding.h"

namespace exporters::http_list {

std::string Md5Hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_md5(), nullptr);
  return platform::ToHex({reinterpret_cast<const char*>(digest.data()), size});
}

}  // namespace exporters::http_list
