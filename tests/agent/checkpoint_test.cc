#include "agent/history/checkpoint.h"

#include <gtest/gtest.h>

#include "platform/encoding.h"

namespace agent::history {
namespace {

using policy::ErrorCode;

const std::string origin = "sekisho.example.org/history";

platform::SigningKey NewKey() {
  return platform::SigningKey::Generate().value();
}

VerifierKey KeyOf(const platform::SigningKey& key, const std::string& name = origin) {
  return VerifierKey::From(name, key.public_key()).value();
}

Checkpoint SomeCheckpoint() {
  return {origin, 42, LeafHash("a root")};
}

std::string Signed(const platform::SigningKey& key) {
  return SignCheckpoint(SomeCheckpoint(), key).value();
}

Result<Checkpoint> Open(const std::string& note, std::vector<VerifierKey> keys) {
  return OpenCheckpoint(note, keys);
}

TEST(CheckpointTest, ReadsBackWhatItSigned) {
  const auto key = NewKey();
  const auto checkpoint = Open(Signed(key), {KeyOf(key)});
  ASSERT_TRUE(checkpoint) << checkpoint.error().detail;
  EXPECT_EQ(checkpoint->origin, origin);
  EXPECT_EQ(checkpoint->size, 42U);
  EXPECT_EQ(checkpoint->root, LeafHash("a root"));
}

TEST(CheckpointTest, HasTheLinesOfTheStandard) {
  const auto key = NewKey();
  const std::string note = Signed(key);
  const Hash root = LeafHash("a root");
  const std::string text =
      origin + "\n42\n" +
      platform::ToBase64({reinterpret_cast<const char*>(root.data()), root.size()}) + "\n";
  ASSERT_TRUE(note.starts_with(text + "\n\u2014 " + origin + " ")) << note;
  const std::size_t at = note.rfind(' ') + 1;
  const auto signature = platform::FromBase64(note.substr(at, note.size() - at - 1));
  ASSERT_TRUE(signature);
  EXPECT_EQ(signature->substr(0, 4), KeyOf(key).id());
  EXPECT_TRUE(platform::Verify(key.public_key(), text, signature->substr(4)));
}

// The example of golang.org/x/mod/sumdb/note, an implementation of the same format.
TEST(CheckpointTest, UnderstandsAKeyOfTheGoChecksumDatabase) {
  const std::string text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
  const auto key = VerifierKey::Parse(text);
  ASSERT_TRUE(key) << key.error().detail;
  EXPECT_EQ(key->name(), "PeterNeumann");
  EXPECT_EQ(platform::ToHex(key->id()), "c74f20a3");
  EXPECT_EQ(key->ToText(), text);
}

TEST(CheckpointTest, RefusesAKeyWhoseIdIsNotItsOwn) {
  EXPECT_FALSE(
      VerifierKey::Parse("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"));
  for (const std::string text : {"", "a", "a+b", "a+c74f20a3+", "+c74f20a3+AQ==", "a+b+c+d"}) {
    EXPECT_FALSE(VerifierKey::Parse(text)) << text;
  }
}

TEST(CheckpointTest, RefusesNamesThatWouldBreakTheFormat) {
  const auto key = NewKey();
  for (const std::string name : {"", "a b", "a+b", "a\nb", "a\tb"}) {
    EXPECT_FALSE(VerifierKey::From(name, key.public_key())) << name;
    EXPECT_FALSE(SignCheckpoint({name, 1, {}}, key)) << name;
  }
}

TEST(CheckpointTest, A5_IgnoresSignaturesOfUnknownKeys) {
  const auto key = NewKey();
  const auto witness = NewKey();
  std::string note = Signed(key);
  const std::string other_note = Signed(witness);
  std::string witness_line = other_note.substr(other_note.rfind("\u2014"));
  witness_line.replace(witness_line.find(origin), origin.size(), "witness.example.net");
  note += witness_line;
  EXPECT_TRUE(Open(note, {KeyOf(key)}));
  EXPECT_EQ(Open(note, {KeyOf(NewKey())}).error().code, ErrorCode::unauthenticated);
}

TEST(CheckpointTest, A5_VerifiesAcrossAKeyRotation) {
  const auto old_key = NewKey();
  const auto new_key = NewKey();
  const std::vector<VerifierKey> both{KeyOf(new_key), KeyOf(old_key)};
  EXPECT_TRUE(Open(Signed(old_key), both));
  EXPECT_TRUE(Open(Signed(new_key), both));
}

TEST(CheckpointTest, EveryChangedByteIsNoticed) {
  const auto key = NewKey();
  const std::string note = Signed(key);
  for (std::size_t i = 0; i < note.size(); ++i) {
    std::string changed = note;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(Open(changed, {KeyOf(key)})) << "byte " << i;
  }
}

TEST(CheckpointTest, RefusesWhatIsNoCheckpoint) {
  const auto key = NewKey();
  const auto sign = [&key](const std::string& text) {
    return text + "\n\u2014 " + origin + " " +
           platform::ToBase64(KeyOf(key).id() + key.Sign(text).value()) + "\n";
  };
  const std::string root = platform::ToBase64(std::string(32, 'r'));
  EXPECT_TRUE(Open(sign(origin + "\n7\n" + root + "\n"), {KeyOf(key)}));
  EXPECT_TRUE(Open(sign(origin + "\n7\n" + root + "\nan extension\n"), {KeyOf(key)}));
  for (const std::string& text :
       {std::string("\n"), origin + "\n", origin + "\n7\n", "\n7\n" + root + "\n",
        origin + "\n07\n" + root + "\n", origin + "\n-7\n" + root + "\n",
        origin + "\n7 \n" + root + "\n", origin + "\n\n" + root + "\n",
        origin + "\n18446744073709551616\n" + root + "\n", origin + "\n7\nAAAA\n",
        origin + "\n7\n" + root.substr(1) + "\n"}) {
    EXPECT_FALSE(Open(sign(text), {KeyOf(key)})) << text;
  }
  for (const std::string note : {"", "\n", "\n\n", "a\n\n", "a\n\nb\n", "\u2014 a b\n"}) {
    EXPECT_FALSE(Open(note, {KeyOf(key)})) << note;
  }
}

}  // namespace
}  // namespace agent::history
