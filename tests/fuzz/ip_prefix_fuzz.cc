#include <cstdint>
#include <string>
#include <string_view>

#include "policy/ip_prefix.h"
#include "policy/refang.h"
#include "tests/fuzz/require.h"

using policy::HostBits;
using policy::IpPrefix;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto strict = IpPrefix::Parse(text, HostBits::refuse);
  const auto lenient = IpPrefix::Parse(text, HostBits::clear);
  Require(!strict || (lenient && *lenient == *strict), "clearing changes no strict prefix");
  if (!lenient) return 0;
  const IpPrefix& prefix = *lenient;
  const auto again = IpPrefix::Parse(prefix.ToString());
  Require(again && *again == prefix, "canonical text reads back as itself");
  const auto rebuilt = IpPrefix::From(prefix.family(), prefix.first(), prefix.length());
  Require(rebuilt && *rebuilt == prefix, "a prefix can be rebuilt from its parts");
  Require(prefix.first() <= prefix.last(), "the first address is not behind the last");
  const auto first = IpPrefix::Parse(prefix.AddressString());
  Require(first && first->is_address() && prefix.Contains(*first),
          "a prefix holds its first address");
  Require(prefix.Contains(prefix) && (prefix <=> *first) <= 0, "wider prefixes sort first");
  Require(policy::Refang(policy::Defang(prefix.ToString())) == prefix.ToString(),
          "refanging undoes defanging");
  return 0;
}
