#include "exporters/ip_lines.h"

#include <string_view>

namespace exporters {
namespace {

policy::Result<void> Take(std::string_view line, IpLines& lines) {
  constexpr std::string_view kind = "ip ";
  if (!line.starts_with(kind)) {
    ++lines.others;
    return {};
  }
  const auto prefix = policy::IpPrefix::Parse(line.substr(kind.size()));
  if (!prefix) return tl::unexpected(prefix.error());
  if (prefix->length() == 0) {
    return policy::Fail(
        policy::ErrorCode::not_allowed,
        "refused to block every address: " + prefix->ToString() + " is on the list; revoke it");
  }
  lines.prefixes.push_back(*prefix);
  return {};
}

}  // namespace

policy::Result<IpLines> IpLinesOf(const policy::ListSnapshot& list) {
  IpLines lines;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (auto ok = Take(list.line(i), lines); !ok) return tl::unexpected(ok.error());
  }
  return lines;
}

policy::Result<IpLines> IpLinesOf(const std::vector<std::string>& texts) {
  IpLines lines;
  for (const std::string& line : texts) {
    if (auto ok = Take(line, lines); !ok) return tl::unexpected(ok.error());
  }
  return lines;
}

}  // namespace exporters
