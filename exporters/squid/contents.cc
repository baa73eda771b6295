#include "exporters/squid/contents.h"

#include <algorithm>
#include <utility>

#include "policy/minimise.h"

namespace exporters::squid {
namespace {

constexpr std::string_view kInvalid = "invalid";

bool IsWithin(std::string_view name, std::string_view ancestor) {
  return name.ends_with(ancestor) &&
         (name.size() == ancestor.size() || name[name.size() - ancestor.size() - 1] == '.');
}

// Whether `a` stands before `b` in the order of MinimiseDomains: by labels, from the last one.
bool BeforeByLabels(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const auto a_dot = a.rfind('.');
    const auto b_dot = b.rfind('.');
    const std::string_view a_label = a.substr(a_dot == a.npos ? 0 : a_dot + 1);
    const std::string_view b_label = b.substr(b_dot == b.npos ? 0 : b_dot + 1);
    if (a_label != b_label) return a_label < b_label;
    a = a.substr(0, a_dot == a.npos ? 0 : a_dot);
    b = b.substr(0, b_dot == b.npos ? 0 : b_dot);
  }
  return a.empty() && !b.empty();
}

bool CoversName(const Contents& contents, std::string_view name) {
  for (; !name.empty(); name = policy::ParentName(name)) {
    if (std::binary_search(contents.domains.begin(), contents.domains.end(), name,
                           BeforeByLabels)) {
      return true;
    }
  }
  return false;
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

policy::Result<Contents> ContentsOf(const policy::ListSnapshot& list, bool tls_inspection) {
  auto blocks = policy::BlockSetOf(list);
  if (!blocks) return tl::unexpected(blocks.error());
  Contents contents;
  std::vector<std::string_view> names;
  names.reserve(blocks->domains.size());
  for (const policy::Domain& domain : blocks->domains) {
    if (IsWithin(domain.name(), kInvalid)) {
      ++contents.not_enforceable;
    } else {
      names.push_back(domain.name());
    }
  }
  for (const std::string_view name : policy::MinimiseDomains(names)) {
    contents.domains.emplace_back(name);
  }
  std::sort(contents.domains.begin(), contents.domains.end(), BeforeByLabels);
  contents.prefixes = policy::MergePrefixes(blocks->prefixes);
  for (const policy::Url& url : blocks->urls) {
    if (url.scheme() == "https" && !tls_inspection) {
      ++contents.not_enforceable;
    } else {
      contents.urls.push_back(url.text());
    }
  }
  std::sort(contents.urls.begin(), contents.urls.end());
  return contents;
}

bool Covers(const Contents& contents, const policy::Indicator& indicator) {
  if (const auto* domain = std::get_if<policy::Domain>(&indicator)) {
    return CoversName(contents, domain->name());
  }
  if (const auto* prefix = std::get_if<policy::IpPrefix>(&indicator)) {
    return CoversPrefix(contents, *prefix);
  }
  if (const auto* url = std::get_if<policy::Url>(&indicator)) {
    if (std::binary_search(contents.urls.begin(), contents.urls.end(), url->text())) return true;
    return std::visit([&](const auto& host) { return Covers(contents, host); }, url->host());
  }
  return false;
}

}  // namespace exporters::squid
