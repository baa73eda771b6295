#include "exporters/rpz/message.h"

#include <gtest/gtest.h>

#include <random>

#include "exporters/rpz/tcp_channel.h"

namespace exporters::rpz {
namespace {

const TsigKey key{"sekisho", "c2VraXNobyB0ZXN0IGtleSwgbm90IGEgc2VjcmV0ISE="};

ZoneUpdate SomeUpdate() {
  ZoneUpdate update;
  update.zone = "rpz.test";
  update.soa_before = "localhost. hostmaster.localhost. 7 60 30 3024000 60";
  update.soa_after = "localhost. hostmaster.localhost. 8 60 30 3024000 60";
  update.records = {"CNAME ."};
  update.added = {"evil.example", "*.evil.example"};
  update.removed = {"32.1.2.0.192.rpz-ip"};
  update.stamp = "v=1 digest=x";
  return update;
}

std::uint16_t Number(const std::string& wire, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<std::uint8_t>(wire[at]) << 8 |
                                    static_cast<std::uint8_t>(wire[at + 1]));
}

TEST(RpzMessageTest, UpdateHasItsPrerequisiteAndAllItsChanges) {
  const auto request = MakeUpdate(SomeUpdate(), key);
  ASSERT_TRUE(request) << request.error().detail;
  EXPECT_EQ(Number(request->wire, 0), request->id);
  EXPECT_EQ(Number(request->wire, 2) >> 11, 5);  // opcode UPDATE
  EXPECT_EQ(Number(request->wire, 4), 1);        // zone
  EXPECT_EQ(Number(request->wire, 6), 1);        // prerequisite: the SOA before
  EXPECT_EQ(Number(request->wire, 8), 6);    // SOA, two CNAME, one deletion, TXT deleted and added
  EXPECT_EQ(Number(request->wire, 10), 1);   // TSIG
  EXPECT_EQ(request->mac.size(), 2U + 32U);  // with its length in front
}

TEST(RpzMessageTest, UpdateWithAnInvalidNameIsRefused) {
  ZoneUpdate update = SomeUpdate();
  update.added = {std::string(64, 'a') + ".example"};
  EXPECT_FALSE(MakeUpdate(update, key));
  update = SomeUpdate();
  update.removed = {"a..b"};
  EXPECT_FALSE(MakeUpdate(update, key));
}

TEST(RpzMessageTest, LargestUpdateFits) {
  ZoneUpdate update = SomeUpdate();
  update.added.clear();
  std::mt19937 random(1);
  for (int i = 0; i < 240; ++i) {
    std::string name = "*";
    for (int label = 0; label < 4; ++label) {
      std::string text;
      for (int c = 0; c < 57; ++c) text += static_cast<char>('a' + random() % 26);
      name += "." + text;
    }
    update.added.push_back(name);
  }
  const auto request = MakeUpdate(update, key);
  ASSERT_TRUE(request) << request.error().detail;
  EXPECT_GT(request->wire.size(), 50'000U);
}

TEST(RpzMessageTest, AnswerToAnotherQuestionIsRefused) {
  const auto request = MakeQuery("evil.example", RecordType::a, true, nullptr);
  ASSERT_TRUE(request);
  EXPECT_FALSE(ReadResponse(request->wire, *request, nullptr));  // a question, no answer
  std::string answer = request->wire;
  answer[2] = static_cast<char>(answer[2] | '\x80');
  ASSERT_TRUE(ReadResponse(answer, *request, nullptr));
  answer[0] = static_cast<char>(answer[0] ^ 1);
  EXPECT_FALSE(ReadResponse(answer, *request, nullptr));
}

TEST(RpzMessageTest, AnswerWithoutOurSignatureIsNotVerified) {
  const auto request = MakeQuery("rpz.test", RecordType::soa, false, &key);
  ASSERT_TRUE(request);
  // The request itself, sent back as an answer: its MAC is not that of an answer.
  std::string answer = request->wire;
  answer[2] = static_cast<char>(answer[2] | '\x80');
  const auto response = ReadResponse(answer, *request, &key);
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_FALSE(response->verified);
}

TEST(RpzMessageTest, SurvivesRubbish) {
  const auto request = MakeUpdate(SomeUpdate(), key);
  ASSERT_TRUE(request);
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string wire = request->wire;
    wire[2] = static_cast<char>(wire[2] | '\x80');
    for (auto flips = random() % 8; flips > 0; --flips) {
      wire[2 + random() % (wire.size() - 2)] = static_cast<char>(random());
    }
    if (random() % 4 == 0) wire.resize(random() % wire.size());
    const auto response = ReadResponse(wire, *request, &key);
    if (response) {
      EXPECT_FALSE(response->verified);
    }
  }
}

TEST(RpzTsigKeyTest, ReadsWhatTsigKeygenWrites) {
  const auto read = ParseTsigKey(
      "key \"sekisho\" {\n\talgorithm hmac-sha256;\n\tsecret \"c2VraXNobyB0ZXN0IGtleQ==\";\n};\n");
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->name, "sekisho");
  EXPECT_EQ(read->secret, "c2VraXNobyB0ZXN0IGtleQ==");
}

TEST(RpzTsigKeyTest, RefusesAnythingElse) {
  for (const std::string text :
       {"", "key", "key \"",
        "key \"a\" { algorithm hmac-md5; secret \"c2VraXNobyB0ZXN0IGtleQ==\"; };",
        "key \"a b\" { algorithm hmac-sha256; secret \"c2VraXNobyB0ZXN0IGtleQ==\"; };",
        "key \"a\" { algorithm hmac-sha256; secret \"c2hvcnQ=\"; };",
        "key \"a\" { algorithm hmac-sha256; secret \"not base64!\"; };",
        "key \"a\" { secret \"c2VraXNobyB0ZXN0IGtleQ==\"; };"}) {
    EXPECT_FALSE(ParseTsigKey(text)) << text;
  }
}

TEST(RpzEndpointTest, ReadsAddressesAndNoNames) {
  EXPECT_EQ(ToString(*ParseEndpoint("192.0.2.53", 53)), "192.0.2.53:53");
  EXPECT_EQ(ToString(*ParseEndpoint("192.0.2.53:5353", 53)), "192.0.2.53:5353");
  EXPECT_EQ(ToString(*ParseEndpoint("2001:db8::53", 53)), "[2001:db8::53]:53");
  EXPECT_EQ(ToString(*ParseEndpoint("[2001:db8::53]:5353", 53)), "[2001:db8::53]:5353");
  for (const std::string text : {"", "dns.example", "192.0.2.53:0", "192.0.2.53:65536", "[::1",
                                 "[::1]x", "192.0.2.53:dns", "300.0.0.1"}) {
    EXPECT_FALSE(ParseEndpoint(text, 53)) << text;
  }
}

}  // namespace
}  // namespace exporters::rpz
