#include "agent/notify/event.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "policy/indicator.h"
#include "policy/refang.h"

namespace agent::notify {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t text_size_max = 500;  // of what people or feeds wrote; bytes

constexpr std::array kinds{
    Kind{"emergency.block", "emergency.block", true, "/emergencies",
         "Emergency block of {subject} by {actor}: {reason}. Another person has to review it.",
         "{actor} が {subject} を緊急遮断しました：{reason}。別の人の確認が必要です。"},
    Kind{"emergency.unblock", "emergency.unblock", true, "/emergencies",
         "Emergency unblock of {subject} by {actor}: {reason}. Another person has to review it.",
         "{actor} が {subject} を緊急に解除しました：{reason}。別の人の確認が必要です。"},
    Kind{"emergency.confirm", "emergency.confirm", false, "/emergencies",
         "{actor} confirmed what was done with {subject} in an emergency: {reason}",
         "{actor} が {subject} の緊急対応を追認しました：{reason}"},
    Kind{"emergency.overturn", "emergency.overturn", true, "/emergencies",
         "{actor} overturned what was done with {subject} in an emergency: {reason}",
         "{actor} が {subject} の緊急対応を取り消しました：{reason}"},
    Kind{"emergency.lapse", "emergency.lapse", false, "/emergencies",
         "What was done with {subject} in an emergency has ended: nobody reviewed it in time.",
         "{subject} の緊急対応は、期限までに確認されず終わりました。"},
    Kind{
        "emergency.review-due", "", false, "/emergencies",
        "What {actor} did with {subject} in an emergency waits for a review, and ends by itself at "
        "{reason}.",
        "{actor} による {subject} の緊急対応が確認を待っています。{reason} に自動で終わります。"},
    Kind{"unblock-request.ask", "unblock-request.ask", false, "/unblock-requests",
         "Somebody asks for the blocked site {subject}.",
         "遮断されたサイト {subject} の解除依頼が届きました。"},
    Kind{"brake.engage", "brake.engage", false, "/releases",
         "A brake holds changes ({subject}): {reason}",
         "ブレーキが変更を止めています（{subject}）：{reason}"},
    Kind{"feed.refused", "feed.refused", false, "/feeds", "Feed {subject} was refused: {reason}",
         "フィード {subject} の取込を拒否しました：{reason}"},
    Kind{"feed.unreachable", "feed.unreachable", false, "/feeds",
         "Feed {subject} can't be fetched: {reason}",
         "フィード {subject} を取り込めません：{reason}"},
    Kind{"device.refuse", "device.refuse", false, "/devices",
         "Device {subject} refused its list: {reason}",
         "機器 {subject} がリストを拒否しました：{reason}"},
    Kind{"device.drift", "device.drift", false, "/devices",
         "Device {subject} does not hold the list that it should.",
         "機器 {subject} の内容が、あるべきリストと違っています。"},
    Kind{"device.offline", "", false, "/devices", "Device {subject} is offline since {reason}.",
         "機器 {subject} は {reason} から接続がありません。"},
    Kind{"queue.second-person", "", false, "/queue?filter=two:yes",
         "{count} proposals wait for a second person's approval.",
         "二人目の承認を待つ提案が {count} 件あります。"},
    Kind{"queue.age", "", false, "/queue", "{count} proposals wait for longer than {reason}.",
         "{reason} より長く待っている提案が {count} 件あります。"},
    Kind{"queue.votes-expire", "", false, "/queue?filter=two:yes",
         "Approvals that wait for a second person begin to lapse at {reason}.",
         "二人目を待つ承認が {reason} から無効になり始めます。"},
    Kind{"standing.propose", "standing.propose", false, "/standing",
         "{actor} proposes a standing approval ({subject}): it takes two other people.",
         "{actor} が継続承認を提案しました（{subject}）。別の二人の承認が必要です。"},
    Kind{"standing.approve", "standing.approve", false, "/standing",
         "{actor} approved {subject}: {reason}", "{actor} が {subject} を承認しました：{reason}"},
    Kind{"standing.use", "", false, "/standing", "{subject} approves, as from {reason}.",
         "{subject} により、{reason} から自動で承認しています。"},
    Kind{"standing.end", "standing.end", false, "/standing",
         "{subject} has ended ({actor}): {reason}",
         "{subject} が終わりました（{actor}）：{reason}"},
    Kind{"standing.ends-soon", "", false, "/standing",
         "{subject} ends at {reason}: what it approves will wait for people again.",
         "{subject} は {reason} に終わり、以後は人の承認を待つようになります。"},
    Kind{"certificate.agent", "", false, "/devices",
         "The agent's certificate ({subject}) ends at {reason}: renew it.",
         "エージェントの証明書（{subject}）の期限は {reason} です。更新してください。"},
    Kind{"certificate.device", "", false, "/devices",
         "The certificate of device {subject} ends at {reason}: renew it.",
         "機器 {subject} の証明書の期限は {reason} です。更新してください。"},
    Kind{"token.ends-soon", "", false, "/accounts",
         "The token {subject} ends at {reason}: who calls with it needs a new one.",
         "トークン {subject} の期限は {reason} です。使い続けるには新しいトークンが必要です。"},
    Kind{"test", "", true, "/notifications", "A test by {actor}. Nothing happened.",
         "{actor} によるテストです。何も起きていません。"},
};

std::string Shortened(std::string text) {
  if (text.size() <= text_size_max) return text;
  std::size_t end = text_size_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80) --end;
  return text.substr(0, end) + "…";
}

// "device:fw1" is fw1.
std::string PartOf(const std::string& actor) {
  const auto colon = actor.find(':');
  return colon == actor.npos ? actor : actor.substr(colon + 1);
}

std::string TextIn(const Json& detail, const char* key) {
  const auto found = detail.find(key);
  return found != detail.end() && found->is_string() ? found->get<std::string>() : "";
}

// Told once an hour, however many it approves.
Event UseOf(const Kind& kind, const history::Entry& entry) {
  const std::string time = policy::FormatTime(entry.at);
  const std::string rule = "standing " + PartOf(entry.actor);
  return {&kind, rule + " used " + time.substr(0, 13), entry.at, rule, entry.actor, time, 1};
}

std::string SubjectOf(const history::Entry& entry, const Json& detail) {
  if (const auto target = policy::ParseLine(entry.subject)) {
    return policy::Defang(policy::TextOf(*target));
  }
  if (!entry.subject.empty()) return entry.subject;
  const std::string direction = TextIn(detail, "direction");
  return direction.empty() ? PartOf(entry.actor) : direction;
}

}  // namespace

std::span<const Kind> Kinds() {
  return kinds;
}

const Kind* FindKind(std::string_view name) {
  const auto* const found =
      std::find_if(kinds.begin(), kinds.end(), [&](const Kind& kind) { return kind.name == name; });
  return found == kinds.end() ? nullptr : &*found;
}

std::optional<Event> EventOf(const history::Entry& entry) {
  if (entry.action == "approve" && entry.actor.starts_with("standing:")) {
    return UseOf(*FindKind("standing.use"), entry);
  }
  const auto* const kind = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& each) {
    return !each.action.empty() && each.action == entry.action;
  });
  if (kind == kinds.end()) return std::nullopt;
  Json detail = Json::parse(entry.detail, nullptr, false);
  if (!detail.is_object()) detail = Json::object();
  Event event{&*kind, "leaf " + std::to_string(entry.index), entry.at,
              Shortened(SubjectOf(entry, detail)), entry.actor};
  event.reason = TextIn(detail, "reason");
  if (event.reason.empty()) event.reason = TextIn(detail, "detail");
  event.reason = Shortened(std::move(event.reason));
  return event;
}

std::string ContentOf(const Event& event) {
  return Json{{"subject", event.subject},
              {"actor", event.actor},
              {"reason", event.reason},
              {"count", event.count}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Event> ParseContent(std::string_view content) {
  const Json json = Json::parse(content, nullptr, false);
  if (!json.is_object() || !json.contains("count") || !json["count"].is_number_unsigned()) {
    return policy::Fail(policy::ErrorCode::corrupt, "the outbox holds what is no event");
  }
  Event event;
  event.subject = TextIn(json, "subject");
  event.actor = TextIn(json, "actor");
  event.reason = TextIn(json, "reason");
  event.count = json["count"].get<std::uint64_t>();
  return event;
}

}  // namespace agent::notify
