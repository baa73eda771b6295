#include "exporters/http_list/variants.h"

#include <algorithm>
#include <variant>

#include "exporters/http_list/list_body.h"
#include "exporters/http_list/md5.h"

namespace exporters::http_list {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Indicator;
using policy::Result;

Result<Indicator> ReadLine(const policy::ListSnapshot& list, std::size_t number) {
  auto indicator = policy::ParseLine(list.line(number));
  const std::string where = "line " + std::to_string(number + 1) + " of the list";
  if (!indicator) return Fail(indicator.error().code, where + ": " + indicator.error().detail);
  if (policy::LineOf(*indicator) != list.line(number)) {
    return Fail(ErrorCode::malformed_input, where + " is not in canonical form");
  }
  return indicator;
}

// The file of one variant while it is written, held against the variant's limits.
class Writer {
 public:
  explicit Writer(const Variant& variant) : variant_(variant), body_(*variant.format) {}

  void Add(const Indicator& indicator) { body_.Add(indicator); }

  Result<std::string> Finish() && {
    const std::size_t lines = body_.lines();
    std::string bytes = std::move(body_).Finish();
    if (auto ok = Limit(lines, "entries", variant_.entries_max, "entries_max"); !ok) {
      return tl::unexpected(ok.error());
    }
    if (auto ok = Limit(bytes.size(), "bytes", variant_.bytes_max, "bytes_max"); !ok) {
      return tl::unexpected(ok.error());
    }
    return bytes;
  }

 private:
  Result<void> Limit(std::size_t has, const char* what, std::size_t max,
                     const char* setting) const {
    if (max == 0 || has <= max) return {};
    return Fail(ErrorCode::exhausted, variant_.path + " would have " + std::to_string(has) + " " +
                                          what + ", and its clients take " + std::to_string(max) +
                                          " (" + setting + "); give the device a smaller list");
  }

  const Variant& variant_;
  ListBody body_;
};

}  // namespace

bool Variant::Takes(policy::IndicatorKind kind) const {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

bool Variant::Holds(const Indicator& indicator) const {
  if (!Takes(policy::KindOf(indicator)) || !format->Holds(indicator)) return false;
  const auto* prefix = std::get_if<policy::IpPrefix>(&indicator);
  if (prefix == nullptr) return true;
  return (ipv6 || prefix->family() == policy::IpFamily::v4) && (prefixes || prefix->is_address());
}

Result<Artifact> RenderVariants(const policy::ListSnapshot& list,
                                const std::vector<Variant>& variants,
                                const std::string& canonical_name) {
  Artifact artifact;
  std::string left_out;
  std::vector<Writer> writers(variants.begin(), variants.end());
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto indicator = ReadLine(list, i);
    if (!indicator) return tl::unexpected(indicator.error());
    bool held = false;
    for (std::size_t v = 0; v < variants.size(); ++v) {
      if (!variants[v].Takes(policy::KindOf(*indicator))) continue;
      if (variants[v].Holds(*indicator)) {
        held = true;
        writers[v].Add(*indicator);
      } else {
        left_out.append(variants[v].path).append(": ").append(list.line(i)) += '\n';
      }
    }
    ++(held ? artifact.enforced : artifact.not_enforceable);
  }
  for (std::size_t v = 0; v < variants.size(); ++v) {
    auto bytes = std::move(writers[v]).Finish();
    if (!bytes) return tl::unexpected(bytes.error());
    const std::string md5 = variants[v].format->md5_file ? Md5Hex(*bytes) + "\n" : "";
    artifact.files.push_back({variants[v].path, std::move(*bytes)});
    if (!md5.empty()) artifact.files.push_back({variants[v].path + ".md5", md5});
  }
  artifact.files.push_back({canonical_name, list.text()});
  if (!left_out.empty()) artifact.files.push_back({left_out_name, std::move(left_out)});
  return artifact;
}

}  // namespace exporters::http_list
