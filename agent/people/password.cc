#include "agent/people/password.h"

#include <sodium.h>

#include <array>

namespace agent::people {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::size_t size_min = 12;
constexpr std::size_t size_max = 256;
constexpr unsigned long long passes = 2;
constexpr std::size_t memory = 19 * 1024 * 1024;

// Of a password that nobody knows.
const std::string& Decoy() {
  static const std::string decoy = HashPassword("a password that nobody has").value_or("");
  return decoy;
}

}  // namespace

Result<void> CheckPassword(std::string_view password, std::string_view name) {
  if (password.size() < size_min || password.size() > size_max) {
    return Fail(ErrorCode::malformed_input,
                "a password has 12 to 256 characters; several words are easy to remember");
  }
  std::string rest(password);
  for (std::size_t at = rest.find(name); !name.empty() && at != rest.npos; at = rest.find(name)) {
    rest.erase(at, name.size());
  }
  if (rest.size() < size_min / 2 || rest.find_first_not_of(rest[0]) == rest.npos) {
    return Fail(ErrorCode::malformed_input,
                "this password would be guessed at once; use several words");
  }
  return {};
}

Result<std::string> HashPassword(std::string_view password) {
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  if (sodium_init() < 0 ||
      crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), passes, memory,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return Fail(ErrorCode::exhausted, "not enough memory to hash a password; try again");
  }
  return std::string(hash.data());
}

bool PasswordMatches(const std::string& hash, std::string_view password) {
  const std::string& tried = hash.empty() ? Decoy() : hash;
  if (sodium_init() < 0 || password.size() > size_max) return false;
  const bool matches =
      crypto_pwhash_str_verify(tried.c_str(), password.data(), password.size()) == 0;
  return matches && !hash.empty();
}

}  // namespace agent::people
