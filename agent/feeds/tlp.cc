#include "agent/feeds/tlp.h"

#include <array>
#include <string>
#include <vector>

namespace agent::feeds {
namespace {

constexpr std::size_t kPrefixSize = 4;  // "tlp:"
constexpr std::array<std::string_view, 5> kTags{"tlp:clear", "tlp:green", "tlp:amber",
                                                "tlp:amber+strict", "tlp:red"};

}  // namespace

std::string_view TagOf(Tlp tlp) {
  return kTags.at(static_cast<std::size_t>(tlp));
}

std::optional<Tlp> ParseTlp(std::string_view text) {
  if (text.size() > 32) return std::nullopt;
  std::string name(text);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (!name.starts_with("tlp:")) name.insert(0, "tlp:");
  if (name == "tlp:white") return Tlp::clear;
  for (std::size_t i = 0; i < kTags.size(); ++i) {
    if (name == kTags.at(i)) return static_cast<Tlp>(i);
  }
  return std::nullopt;
}

Tlp ReadTlpMax(const config::Node& source) {
  std::vector<std::string_view> names;
  for (const std::string_view tag : kTags) names.push_back(tag.substr(kPrefixSize));
  return static_cast<Tlp>(
      source.Optional("tlp_max").AsChoice(names, static_cast<std::size_t>(Tlp::amber)));
}

}  // namespace agent::feeds
