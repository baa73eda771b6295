#include "agent/feeds/rpz_trigger.h"

#include <algorithm>
#include <array>
#include <optional>

#include "policy/ascii.h"

namespace agent::feeds {
namespace {

using policy::Domain;
using policy::EqualsIgnoringCase;
using policy::ErrorCode;
using policy::Fail;
using policy::IpPrefix;
using policy::Result;

bool EndsIgnoringCase(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         EqualsIgnoringCase(text.substr(text.size() - end.size()), end);
}

std::vector<std::string_view> LabelsReversed(std::string_view name) {
  std::vector<std::string_view> labels;
  while (true) {
    const std::size_t dot = name.rfind('.');
    labels.push_back(name.substr(dot == std::string_view::npos ? 0 : dot + 1));
    if (dot == std::string_view::npos) return labels;
    name = name.substr(0, dot);
  }
}

// "32.1.7.168.192" is 192.168.7.1/32; "128.1.zz.db8.2001" is 2001:db8::1/128.
Result<RpzTrigger> ParseAddressTrigger(std::string_view reversed) {
  const auto labels = LabelsReversed(reversed);
  if (labels.size() > 9) return Fail(ErrorCode::malformed_input, "no address in rpz-ip");
  const bool has_zeros = std::any_of(labels.begin(), labels.end(), [](std::string_view label) {
    return EqualsIgnoringCase(label, "zz");
  });
  const bool is_v4 = labels.size() == 5 && !has_zeros;
  std::string text;
  for (std::size_t i = 0; i + 1 < labels.size(); ++i) {
    if (EqualsIgnoringCase(labels[i], "zz")) {
      text += text.ends_with(':') ? ":" : "::";
      continue;
    }
    if (!text.empty() && !text.ends_with("::")) text += is_v4 ? '.' : ':';
    text += labels[i];
  }
  text.append("/").append(labels.back());
  const auto prefix = IpPrefix::Parse(text);
  if (!prefix) return Fail(ErrorCode::malformed_input, "no address in rpz-ip");
  return RpzTrigger(*prefix);
}

}  // namespace

RpzAction ActionOf(const ZoneRecord& record, std::string_view trigger) {
  if (record.type != "CNAME" || record.rdata.size() != 1) return RpzAction::rewrite;
  const std::string& target = record.rdata.front();
  if (target == "." || target == "*." || EqualsIgnoringCase(target, "rpz-drop.")) {
    return RpzAction::block;
  }
  if (EqualsIgnoringCase(target, "rpz-tcp-only.")) return RpzAction::tcp_only;
  const bool is_itself = EqualsIgnoringCase(target, std::string(trigger) + ".");
  if (is_itself || EqualsIgnoringCase(target, "rpz-passthru.")) return RpzAction::passthru;
  return RpzAction::rewrite;
}

Result<RpzTrigger> ParseRpzTrigger(std::string_view trigger) {
  constexpr std::string_view ip = ".rpz-ip";
  if (EndsIgnoringCase(trigger, ip)) {
    return ParseAddressTrigger(trigger.substr(0, trigger.size() - ip.size()));
  }
  if (EndsIgnoringCase(trigger, ".rpz-client-ip")) {
    return Fail(ErrorCode::not_allowed, "rpz-client-ip trigger");
  }
  if (EndsIgnoringCase(trigger, ".rpz-nsdname") || EndsIgnoringCase(trigger, ".rpz-nsip")) {
    return Fail(ErrorCode::not_allowed, "name server trigger");
  }
  const bool is_wildcard = trigger.starts_with("*.");
  auto name = Domain::Parse(trigger.substr(is_wildcard ? 2 : 0));
  if (!name) return Fail(ErrorCode::malformed_input, "no domain name");
  return RpzTrigger(NameTrigger{*std::move(name), is_wildcard});
}

}  // namespace agent::feeds
