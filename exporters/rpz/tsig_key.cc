#include "exporters/rpz/tsig_key.h"

#include <vector>

#include "platform/atomic_file.h"
#include "platform/encoding.h"
#include "policy/domain.h"

namespace exporters::rpz {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::size_t key_file_size_max = 64 * 1024;
constexpr std::string_view blanks = " \t\r\n";

// Words, strings without their quotes, and the signs { } ; as words of their own.
std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = text.find_first_not_of(blanks); at != text.npos;
       at = text.find_first_not_of(blanks, at)) {
    const char first = text[at];
    std::size_t end = at + 1;
    if (first == '"') {
      end = text.find('"', at + 1);
      if (end == text.npos) return {};
      words.push_back(text.substr(at + 1, end - at - 1));
      at = end + 1;
      continue;
    }
    if (first != '{' && first != '}' && first != ';') end = text.find_first_of(" \t\r\n{};\"", at);
    words.push_back(text.substr(at, end - at));
    at = end == text.npos ? text.size() : end;
  }
  return words;
}

}  // namespace

Result<TsigKey> ParseTsigKey(std::string_view text) {
  const std::vector<std::string_view> words = Words(text);
  // key NAME { algorithm ALGORITHM ; secret SECRET ; } ;
  constexpr std::size_t word_count = 11;
  if (words.size() != word_count || words[0] != "key" || words[2] != "{" ||
      words[3] != "algorithm" || words[5] != ";" || words[6] != "secret" || words[8] != ";" ||
      words[9] != "}" || words[10] != ";") {
    return Fail(ErrorCode::malformed_input,
                "a TSIG key file holds one key as `tsig-keygen NAME` writes it, and nothing else");
  }
  if (words[4] != "hmac-sha256") {
    return Fail(ErrorCode::malformed_input,
                "the TSIG key must be for hmac-sha256; make one with `tsig-keygen NAME`");
  }
  const auto name = policy::Domain::Parse(words[1]);
  const auto secret = platform::FromBase64(words[7]);
  if (!name || !secret || secret->size() < 16) {
    return Fail(ErrorCode::malformed_input,
                "the TSIG key's name must be a host name, and its secret at least 16 bytes in "
                "base64");
  }
  return TsigKey{name->name(), std::string(words[7])};
}

Result<TsigKey> LoadTsigKey(const std::filesystem::path& path) {
  const auto text = platform::ReadFile(path, key_file_size_max);
  if (!text) return tl::unexpected(text.error());
  auto key = ParseTsigKey(*text);
  if (!key) return Fail(key.error().code, path.string() + ": " + key.error().detail);
  return key;
}

}  // namespace exporters::rpz
