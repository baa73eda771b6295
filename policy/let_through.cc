#include "policy/let_through.h"

#include <variant>

namespace policy {

void AppendLetThrough(const AllowSource& source, std::span<const AllowEntry> entries,
                      const std::set<IndicatorKind>& kinds, const PublicSuffixList& suffixes,
                      std::vector<std::string>& lines) {
  if (source.effect != AllowEffect::never || source.category == AllowCategory::special_purpose) {
    return;
  }
  for (const AllowEntry& entry : entries) {
    if (const auto* name = std::get_if<Domain>(&entry.what)) {
      if (kinds.contains(IndicatorKind::domain) &&
          SpeaksForSubtree(entry, source.category, suffixes)) {
        lines.push_back(LineOf(*name));
      }
    } else if (kinds.contains(IndicatorKind::ip)) {
      lines.push_back(LineOf(std::get<IpPrefix>(entry.what)));
    }
  }
}

}  // namespace policy
