#include "exporters/squid/contents.h"

#include <algorithm>
#include <utility>

#include "exporters/squid/request_list.h"
#include "policy/minimise.h"

namespace exporters::squid {
namespace {

struct Count {
  std::uint64_t enforced = 0;
  std::uint64_t not_enforceable = 0;
};

Count CountOf(const policy::BlockSet& blocks, bool tls_inspection) {
  Count count;
  const auto add = [&](bool is_enforceable) {
    ++(is_enforceable ? count.enforced : count.not_enforceable);
  };
  for (const policy::Domain& domain : blocks.domains) add(!IsBelowInvalid(domain.name()));
  for (const policy::Url& url : blocks.urls) add(tls_inspection || url.scheme() != "https");
  count.enforced += blocks.prefixes.size();
  return count;
}

std::vector<std::string> NamesForSquid(const policy::BlockSet& blocks) {
  std::vector<std::string_view> names;
  names.reserve(blocks.domains.size());
  for (const policy::Domain& domain : blocks.domains) {
    if (!IsBelowInvalid(domain.name())) names.push_back(domain.name());
  }
  const auto least = policy::MinimiseDomains(names);
  return {least.begin(), least.end()};
}

policy::Result<policy::BlockSet> Parsed(const std::vector<std::string>& lines) {
  return policy::BlockSetOf(*policy::ListSnapshot::FromLines(lines));
}

// A list's lines of one kind stand together.
policy::Result<std::vector<policy::IpPrefix>> PrefixesOf(const policy::ListSnapshot& list) {
  constexpr std::string_view kind = "ip ";
  const std::string& text = list.text();
  std::size_t begin = text.starts_with(kind) ? 0 : text.find("\nip ");
  if (begin == text.npos) return std::vector<policy::IpPrefix>{};
  if (text[begin] == '\n') ++begin;
  const std::size_t end = std::min(text.find("\nurl ", begin), text.size() - 1) + 1;
  auto lines = policy::ListSnapshot::Parse(text.substr(begin, end - begin));
  if (!lines) return tl::unexpected(lines.error());
  const auto blocks = policy::BlockSetOf(**lines);
  if (!blocks) return tl::unexpected(blocks.error());
  return policy::MergePrefixes(blocks->prefixes);
}

bool CoversPrefix(const Contents& contents, const policy::IpPrefix& prefix) {
  const auto after = std::upper_bound(contents.prefixes.begin(), contents.prefixes.end(), prefix,
                                      [](const policy::IpPrefix& a, const policy::IpPrefix& b) {
                                        return a.family() != b.family() ? a.family() < b.family()
                                                                        : a.first() < b.first();
                                      });
  return after != contents.prefixes.begin() && std::prev(after)->Contains(prefix);
}

}  // namespace

bool IsEnforceable(const policy::Indicator& indicator, bool tls_inspection) {
  if (const auto* domain = std::get_if<policy::Domain>(&indicator)) {
    return !IsBelowInvalid(domain->name());
  }
  const auto* url = std::get_if<policy::Url>(&indicator);
  return url == nullptr || tls_inspection || url->scheme() != "https";
}

policy::Result<Contents> ContentsOf(const policy::ListSnapshot& list, const Settings& settings) {
  const auto blocks = policy::BlockSetOf(list);
  if (!blocks) return tl::unexpected(blocks.error());
  Contents contents;
  if (settings.names_in == NamesIn::squid) contents.domains = NamesForSquid(*blocks);
  contents.prefixes = policy::MergePrefixes(blocks->prefixes);
  const Count count = CountOf(*blocks, settings.tls_inspection);
  contents.enforced = count.enforced;
  contents.not_enforceable = count.not_enforceable;
  return contents;
}

policy::Result<Contents> ContentsAfter(Contents before, const policy::Delta& delta,
                                       const policy::ListSnapshot& list, const Settings& settings) {
  if (settings.names_in == NamesIn::squid) return ContentsOf(list, settings);
  const auto added = Parsed(delta.added);
  if (!added) return tl::unexpected(added.error());
  const auto removed = Parsed(delta.removed);
  if (!removed) return tl::unexpected(removed.error());
  const Count more = CountOf(*added, settings.tls_inspection);
  const Count less = CountOf(*removed, settings.tls_inspection);
  Contents contents = std::move(before);
  contents.enforced += more.enforced - less.enforced;
  contents.not_enforceable += more.not_enforceable - less.not_enforceable;
  if (added->prefixes.empty() && removed->prefixes.empty()) return contents;
  auto prefixes = PrefixesOf(list);
  if (!prefixes) return tl::unexpected(prefixes.error());
  contents.prefixes = std::move(*prefixes);
  return contents;
}

bool Covers(const policy::ListSnapshot& list, const Contents& contents,
            const policy::Indicator& indicator) {
  if (const auto* domain = std::get_if<policy::Domain>(&indicator)) {
    return HoldsNameOrParent(list.text(), domain->name());
  }
  if (const auto* prefix = std::get_if<policy::IpPrefix>(&indicator)) {
    return CoversPrefix(contents, *prefix);
  }
  if (const auto* url = std::get_if<policy::Url>(&indicator)) {
    if (list.Contains("url " + url->text())) return true;
    return std::visit([&](const auto& host) { return Covers(list, contents, host); }, url->host());
  }
  return false;
}

}  // namespace exporters::squid
