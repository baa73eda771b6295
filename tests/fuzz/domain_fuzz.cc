#include <cstdint>
#include <string>
#include <string_view>

#include "policy/domain.h"
#include "policy/refang.h"
#include "tests/fuzz/require.h"

using policy::Domain;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto domain = Domain::Parse(text);
  if (!domain) {
    Require(domain.error().detail.find('\n') == std::string::npos, "an error is one line");
    return 0;
  }
  const std::string& name = domain->name();
  Require(!name.empty() && name.size() <= 253, "a name has 1 to 253 octets");
  Require(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == std::string::npos,
          "a name is lower-case letters, digits, '-', '_' and dots");
  const auto again = Domain::Parse(name);
  Require(again && *again == *domain, "a canonical name reads back as itself");
  Require(policy::Refang(policy::Defang(name)) == name, "refanging undoes defanging");
  std::size_t labels = 0;
  for (std::string_view rest = name; !rest.empty(); rest = policy::ParentName(rest)) {
    const std::size_t label_size = rest.substr(0, rest.find('.')).size();
    Require(label_size >= 1 && label_size <= 63, "a label has 1 to 63 octets");
    const auto parent = Domain::Parse(rest);
    Require(parent && domain->IsWithin(*parent), "a name is within its parents");
    ++labels;
  }
  Require(labels <= 127, "a name has at most 127 labels");
  return 0;
}
