#include "exporters/rpz/trigger.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace exporters::rpz {
namespace {

using policy::IpFamily;
using policy::IpPrefix;

constexpr std::size_t name_text_max = 253;  // 255 octets on the wire
constexpr std::string_view stamp_label = "_sekisho";

std::string_view SuffixOf(Trigger trigger) {
  switch (trigger) {
    case Trigger::query_name: return "";
    case Trigger::answer_address: return ".rpz-ip";
    case Trigger::server_name: return ".rpz-nsdname";
    case Trigger::server_address: return ".rpz-nsip";
    case Trigger::client_address: return ".rpz-client-ip";
  }
  return "";
}

std::string V4Words(policy::Uint128 address) {
  const auto bits = static_cast<std::uint32_t>(address);
  return fmt::format("{}.{}.{}.{}", bits & 0xff, bits >> 8 & 0xff, bits >> 16 & 0xff, bits >> 24);
}

struct ZeroRun {
  std::size_t first = 8;
  std::size_t size = 1;  // a single zero word is not worth a `zz`
};

// The longest run of zero words; of equal ones, that nearest to the head of the address.
ZeroRun LongestZeroRun(const std::array<std::uint16_t, 8>& words) {
  ZeroRun best;
  std::size_t size = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    size = words[i] == 0 ? size + 1 : 0;
    if (size > best.size) best = {i + 1 - size, size};
  }
  return best;
}

std::string V6Words(policy::Uint128 address) {
  std::array<std::uint16_t, 8> words{};
  for (std::size_t i = 0; i < words.size(); ++i) {
    words[i] = static_cast<std::uint16_t>(address >> (112 - 16 * i));
  }
  const ZeroRun zeros = LongestZeroRun(words);
  std::string text;
  for (std::size_t i = words.size(); i-- > 0;) {
    if (!text.empty()) text += '.';
    if (i + 1 == zeros.first + zeros.size) {
      text += "zz";
      i = zeros.first;
    } else {
      text += fmt::format("{:x}", words[i]);
    }
  }
  return text;
}

}  // namespace

std::string StampOwner(std::string_view zone) {
  return fmt::format("{}.{}", zone, stamp_label);
}

bool CanTrigger(Trigger trigger, std::string_view name, std::string_view zone) {
  const std::size_t last_dot = name.rfind('.');
  const std::string_view top = last_dot == name.npos ? name : name.substr(last_dot + 1);
  if (top == stamp_label || top.starts_with("rpz-")) return false;
  return OwnerOf(trigger, name).size() + zone.size() + std::string_view("*..").size() <=
         name_text_max;
}

bool CanTrigger(const IpPrefix& prefix) {
  return prefix.length() > 0;
}

std::string OwnerOf(Trigger trigger, std::string_view name) {
  return fmt::format("{}{}", name, SuffixOf(trigger));
}

std::string OwnerOf(Trigger trigger, const IpPrefix& prefix) {
  return fmt::format(
      "{}.{}{}", prefix.length(),
      prefix.family() == IpFamily::v4 ? V4Words(prefix.first()) : V6Words(prefix.first()),
      SuffixOf(trigger));
}

}  // namespace exporters::rpz
