#include "agent/allowlist_audit.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <vector>

#include "policy/digest.h"

namespace agent {
namespace {

using Json = nlohmann::ordered_json;
using Texts = std::vector<std::string>;

constexpr std::size_t examples_max = 20;

Texts TextsOf(std::span<const policy::AllowEntry> entries) {
  Texts texts;
  texts.reserve(entries.size());
  for (const policy::AllowEntry& entry : entries) texts.push_back(policy::TextOf(entry));
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

Texts Minus(const Texts& a, const Texts& b) {
  Texts left;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(left));
  return left;
}

Texts FirstOf(const Texts& texts) {
  return {texts.begin(),
          texts.begin() + static_cast<std::ptrdiff_t>(std::min(texts.size(), examples_max))};
}

std::string DigestOf(const Texts& texts) {
  std::string all;
  for (const std::string& text : texts) all.append(text).append("\n");
  return policy::ToHex(policy::Sha256Of(all));
}

void Tell(Json& detail, const std::string& what, const Texts& texts) {
  detail[what] = texts.size();
  if (!texts.empty()) detail[what + "_examples"] = FirstOf(texts);
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string DescribeAllowlistChange(const policy::ParsedAllowlist* before,
                                    const policy::ParsedAllowlist& after,
                                    std::span<const policy::AllowEntry> expired) {
  const Texts old_texts = before == nullptr ? Texts() : TextsOf(before->entries);
  const Texts new_texts = TextsOf(after.entries);
  const Texts added = Minus(new_texts, old_texts);
  const Texts removed = Minus(old_texts, new_texts);
  if (before != nullptr && added.empty() && removed.empty() && expired.empty()) return {};
  Json detail{{"entries", new_texts.size()}, {"entries_sha256", DigestOf(new_texts)}};
  Tell(detail, "added", added);
  Tell(detail, "removed", removed);
  Tell(detail, "expired", TextsOf(expired));
  return Dump(detail);
}

std::string DescribeExpiry(std::span<const policy::AllowEntry> expired) {
  Json detail = Json::object();
  Tell(detail, "expired", TextsOf(expired));
  return Dump(detail);
}

}  // namespace agent
