// What people read, and when: all of it pure.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "agent/notify/channel.h"
#include "agent/notify/conditions.h"
#include "agent/notify/event.h"
#include "agent/notify/mail_text.h"
#include "agent/notify/message.h"
#include "agent/notify/schedule.h"

namespace agent::notify {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using Indices = std::vector<std::size_t>;

TimePoint At(const char* text) {
  return policy::ParseTime(text).value();
}

Event Happened(const char* kind, const std::string& subject, const std::string& reason = "why") {
  return {FindKind(kind), "key", At("2026-11-29T10:00:00Z"), subject, "alice", reason, 1};
}

TEST(EventTest, TheHistoryTellsWhatPeopleAreToldOf) {
  const auto event = EventOf({7, At("2026-11-29"), "sam", "emergency.block",
                              "url http://evil.example/x", R"({"reason": "ransomware"})"});
  ASSERT_TRUE(event);
  EXPECT_EQ(event->key, "leaf 7");
  EXPECT_EQ(event->subject, "hxxp://evil[.]example/x");
  EXPECT_EQ(event->reason, "ransomware");
  EXPECT_TRUE(event->kind->is_urgent);
  EXPECT_EQ(EventOf({8, {}, "device:fw1", "device.refuse", "", R"({"reason": "full"})"})->subject,
            "fw1");
  EXPECT_EQ(
      EventOf({8, {}, "feed:allowlist:own", "feed.refused", "", R"({"detail": "shrank"})"})->reason,
      "shrank");
  EXPECT_EQ(EventOf({9, {}, "agent", "brake.engage", "", R"({"direction": "add"})"})->subject,
            "add");
  const auto used = [](std::uint64_t index, const char* at) {
    return EventOf({index, At(at), "standing:3", "approve", "domain e.example", "{}"})->key;
  };
  EXPECT_EQ(used(1, "2026-11-29T10:00:00Z"), used(2, "2026-11-29T10:59:59Z")) << "once an hour";
  EXPECT_NE(used(1, "2026-11-29T10:00:00Z"), used(2, "2026-11-29T11:00:00Z"));
  EXPECT_FALSE(EventOf({9, {}, "alice", "approve", "domain evil.example", ""}));
}

TEST(EventTest, ComesBackFromTheOutboxAsItWent) {
  Event event = Happened("device.refuse", "fw1", "it said \"no\"\n");
  event.count = 12;
  const auto back = ParseContent(ContentOf(event));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->subject + back->actor + back->reason, event.subject + event.actor + event.reason);
  EXPECT_EQ(back->count, 12U);
  EXPECT_FALSE(ParseContent("{}"));
  EXPECT_FALSE(ParseContent("no JSON"));
}

TEST(MessageTest, IsOneSentenceInEitherLanguage) {
  const Event event = Happened("emergency.block", "evil[.]example", "{actor}\r\nBcc: all");
  EXPECT_EQ(SentenceOf(event, Language::en),
            "Emergency block of evil[.]example by alice: {actor}  Bcc: all. Another person has to "
            "review it.");
  EXPECT_EQ(
      SentenceOf(event, Language::ja),
      "alice が evil[.]example を緊急遮断しました：{actor}  Bcc: all。別の人の確認が必要です。");
  for (const Kind& kind : Kinds()) {
    EXPECT_FALSE(kind.en.empty());
    EXPECT_FALSE(kind.ja.empty());
    EXPECT_TRUE(kind.path.starts_with("/")) << kind.name << " links to a page, not to an act";
  }
}

TEST(MessageTest, GathersManyTheUrgentFirstWithEachLinkOnce) {
  std::vector<Event> events(70, Happened("feed.refused", "misp"));
  events.push_back(Happened("emergency.unblock", "shop[.]example"));
  const Voice voice{Language::en, "https://sekisho.test", Zone::Load("Asia/Tokyo").value()};
  const Message message = Compose(events, voice);
  EXPECT_EQ(message.subject.find("Sekisho: Emergency unblock of shop[.]example"), 0U);
  ASSERT_EQ(message.lines.size(), lines_max + 1);
  EXPECT_EQ(message.lines[1], "2026-11-29 19:00 JST  Feed misp was refused: why");
  EXPECT_EQ(message.lines.back(), "and 21 more");
  EXPECT_EQ(message.links, (std::vector<std::string>{"https://sekisho.test/emergencies",
                                                     "https://sekisho.test/feeds"}));
  events.pop_back();
  EXPECT_EQ(Compose(events, {Language::ja, "", Zone::Utc()}).subject, "Sekisho: お知らせ 70 件");
}

TEST(MailTextTest, EncodesJapaneseSoThatEachPartIsWhole) {
  EXPECT_EQ(EncodedHeader("Sekisho: plain"), "Sekisho: plain");
  EXPECT_EQ(EncodedHeader("a\r\nBcc: x@y"), "a  Bcc: x@y");
  const std::string encoded = EncodedHeader(
      "Sekisho: alice が evil[.]example を緊急遮断しました。別の人の確認が必要です。");
  for (std::size_t at = 0, end = 0; end != std::string::npos; at = end + 3) {
    end = encoded.find("\r\n ", at);
    const std::string word = encoded.substr(at, end - at);
    EXPECT_LE(word.size(), 75U);
    EXPECT_TRUE(word.starts_with("=?UTF-8?B?") && word.ends_with("?=")) << word;
  }
}

TEST(MailTextTest, TakesPlainAddressesOnly) {
  for (const char* good : {"soc@example.org", "a.b+c@mail.example"}) {
    EXPECT_TRUE(IsMailAddress(good)) << good;
  }
  for (const char* bad : {"", "soc", "@example.org", "soc@", "a@b@c", "Soc <soc@example.org>",
                          "a@b\r\nBcc: c", "a b@c"}) {
    EXPECT_FALSE(IsMailAddress(bad)) << bad;
  }
}

// The example of https://github.com/standard-webhooks/standard-webhooks.
TEST(SignatureTest, IsThatOfStandardWebhooks) {
  EXPECT_EQ(SignatureOf("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek",
                        TimePoint(std::chrono::seconds(1'614'265'330)), R"({"test": 2432232314})")
                .value(),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  EXPECT_FALSE(SignatureOf("whsec_short", "id", {}, ""));
  EXPECT_FALSE(SignatureOf("whsec_no Base64 at all!", "id", {}, ""));
}

Schedule OfficeHours(minutes digest = minutes(15)) {
  return {digest, QuietHours{hours(19), hours(8), true}, Zone::Load("Asia/Tokyo").value()};
}

TEST(ScheduleTest, QuietHoursGoOverMidnightInTheirOwnZone) {
  const Schedule schedule = OfficeHours();
  EXPECT_FALSE(IsQuiet(schedule, At("2026-11-27T09:59:59Z"))) << "Friday, 18:59:59 in Tokyo";
  EXPECT_TRUE(IsQuiet(schedule, At("2026-11-27T10:00:00Z")));
  EXPECT_TRUE(IsQuiet(schedule, At("2026-11-26T22:59:59Z"))) << "Friday, 07:59:59";
  EXPECT_FALSE(IsQuiet(schedule, At("2026-11-26T23:00:00Z")));
  EXPECT_TRUE(IsQuiet(schedule, At("2026-11-28T03:00:00Z"))) << "Saturday at noon";
  EXPECT_FALSE(Zone::Load("Asia/Nowhere"));
}

TEST(ScheduleTest, QuietHoursFollowTheClocksOfSummerTime) {
  const Schedule schedule{{}, QuietHours{hours(22), hours(6)}, Zone::Load("Europe/Berlin").value()};
  EXPECT_TRUE(IsQuiet(schedule, At("2026-01-15T04:30:00Z"))) << "05:30 in winter";
  EXPECT_FALSE(IsQuiet(schedule, At("2026-07-15T04:30:00Z"))) << "06:30 in summer";
}

TEST(ScheduleTest, ADigestGathersFromTheFirstOn) {
  const Schedule schedule{minutes(15), std::nullopt, Zone::Utc()};
  const auto at = At("2026-11-27T01:00:00Z");
  const std::vector<Waiting> waiting{{at, false}, {at + minutes(14), false}};
  EXPECT_EQ(Ready(schedule, waiting, at + minutes(14)), Indices());
  EXPECT_EQ(Ready(schedule, waiting, at + minutes(15)), (Indices{0, 1}));
  EXPECT_EQ(Ready(schedule, {}, at), Indices());
}

TEST(ScheduleTest, Z10_WhatIsUrgentPassesDigestAndQuietHoursAlone) {
  const Schedule schedule = OfficeHours();
  const auto night = At("2026-11-27T15:00:00Z");
  const std::vector<Waiting> waiting{{night - hours(3), false}, {night, true}};
  EXPECT_EQ(Ready(schedule, waiting, night), Indices{1});
  EXPECT_EQ(Ready(schedule, waiting, At("2026-11-29T23:00:00Z")), (Indices{0, 1})) << "on Monday";
}

TEST(ScheduleTest, RetriesAreFurtherAndFurtherApart) {
  EXPECT_EQ(RetryDelay(1), minutes(1));
  EXPECT_EQ(RetryDelay(2), minutes(2));
  EXPECT_EQ(RetryDelay(5), minutes(16));
  EXPECT_EQ(RetryDelay(100), hours(1));
}

std::vector<std::string> Keys(const Facts& facts, TimePoint now) {
  std::vector<std::string> keys;
  for (const Event& event : EventsOf(facts, {}, now)) keys.push_back(event.key);
  return keys;
}

TEST(ConditionsTest, AreToldOnceForAsLongAsTheyAreTheSame) {
  const auto now = At("2026-11-29T10:00:00Z");
  Facts facts;
  facts.vote_lifetime = hours(24 * 7);
  EXPECT_TRUE(Keys(facts, now).empty());
  facts.old_proposals = 3;
  facts.offline = {{"fw1", now - minutes(20)}, {"fw2", now - minutes(5)}};
  facts.votes = {2, now - hours(24 * 6 + 1)};
  facts.emergencies.push_back({.id = 4, .target = policy::ParseLine("domain e.example").value()});
  facts.emergencies[0].ends_at = now + hours(3);
  const std::vector<std::string> first = Keys(facts, now);
  EXPECT_EQ(first, (std::vector<std::string>{"votes-expire 2026-11-29", "queue-age 2026-11-29",
                                             "review-due 4", "offline fw1 2026-11-29T09:40:00Z"}));
  EXPECT_EQ(Keys(facts, now + minutes(1)), first);
  EXPECT_EQ(Keys(facts, now + hours(24))[1], "queue-age 2026-11-30");
  facts.last_approval = 77;
  EXPECT_EQ(Keys(facts, now)[0], "second-person 77");
}

TEST(ConditionsTest, N2_EndsAreToldTwiceAheadAndNotOfWhatWasNeverLonger) {
  const auto now = At("2026-11-29T10:00:00Z");
  Facts facts;
  const policy::Validity validity{now - hours(24 * 70), now + hours(24 * 20)};
  facts.certificates = {{"agent", validity}};
  facts.device_certificates = {{"agent", validity}};
  facts.tokens.push_back({.id = 7, .created = now, .expires = now + hours(24 * 20)});
  facts.tokens.push_back({.id = 8, .created = now, .expires = now + hours(24)});
  facts.standing.push_back({.id = 9, .expires_at = now + hours(24 * 20), .proposed_at = now});
  facts.standing.push_back({.id = 10, .expires_at = now + hours(24), .proposed_at = now});
  EXPECT_TRUE(Keys(facts, now).empty());
  EXPECT_TRUE(Keys(facts, now + hours(24 * 6) - minutes(1)).empty());
  const std::vector<std::string> early{"certificate.agent agent 2026-12-19T10:00:00Z 14",
                                       "certificate.device agent 2026-12-19T10:00:00Z 14",
                                       "token-ends 7 14"};
  EXPECT_EQ(Keys(facts, now + hours(24 * 6)), early);
  EXPECT_EQ(Keys(facts, now + hours(24 * 17) - minutes(1)), early);
  EXPECT_EQ(Keys(facts, now + hours(24 * 17)),
            (std::vector<std::string>{
                "standing-ends 9", "certificate.agent agent 2026-12-19T10:00:00Z 3",
                "certificate.device agent 2026-12-19T10:00:00Z 3", "token-ends 7 3"}));
  EXPECT_TRUE(Keys(facts, now + hours(24 * 20)).empty()) << "they have ended";
  facts.certificates[0].validity.until += hours(24 * 90);
  EXPECT_EQ(Keys(facts, now + hours(24 * 17))[1].find("certificate.device"), 0U) << "renewed";
}

TEST(ConditionsTest, N2_ACertificateOfAWeekIsToldOfInItsLastThirdAndTenth) {
  const auto now = At("2026-11-29T00:00:00Z");
  Facts facts;
  facts.certificates = {{"agent", {now, now + hours(24 * 7)}}};
  using Texts = std::vector<std::string>;
  EXPECT_EQ(Keys(facts, now), Texts());
  EXPECT_EQ(Keys(facts, now + hours(111)), Texts());
  EXPECT_EQ(Keys(facts, now + hours(112)),
            Texts{"certificate.agent agent 2026-12-06T00:00:00Z 14"});
  EXPECT_EQ(Keys(facts, now + hours(152)), Texts{"certificate.agent agent 2026-12-06T00:00:00Z 3"});
  EXPECT_EQ(Keys(facts, now + hours(168)), Texts());
}

}  // namespace
}  // namespace agent::notify
