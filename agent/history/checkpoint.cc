#include "agent/history/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

#include "platform/encoding.h"
#include "policy/quote.h"

namespace agent::history {
namespace {

using policy::ErrorCode;
using policy::Fail;

constexpr std::string_view kSignatureStart = "\u2014 ";  // an em dash and a space
constexpr char kEd25519 = 1;                             // the algorithm's number in a key
constexpr std::size_t kKeyIdSize = 4;
constexpr std::size_t kNoteSizeMax = 64 * 1024;
constexpr std::size_t kSignaturesMax = 100;

struct Signature {
  std::string_view name;
  std::string key_id;
  std::string bytes;
};

struct Note {
  std::string_view text;  // what is signed, with its last newline
  std::vector<Signature> signatures;
};

bool IsKeyName(std::string_view name) {
  return !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= ' ' || byte == 0x7f || c == '+';
  });
}

auto NotACheckpoint(std::string_view why) {
  return Fail(ErrorCode::malformed_input, "not a checkpoint: " + std::string(why));
}

// Cuts off and gives the first line, without its newline.
std::string_view CutLine(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

Result<Signature> ParseSignature(std::string_view line) {
  if (!line.starts_with(kSignatureStart)) {
    return NotACheckpoint("a signature line starts otherwise: " + policy::Quote(line));
  }
  line.remove_prefix(kSignatureStart.size());
  const std::size_t space = std::min(line.find(' '), line.size());
  const std::string_view name = line.substr(0, space);
  auto bytes = platform::FromBase64(line.substr(std::min(space + 1, line.size())));
  if (!IsKeyName(name) || !bytes || bytes->size() <= kKeyIdSize) {
    return NotACheckpoint("a signature line can't be read: " + policy::Quote(line));
  }
  return Signature{name, bytes->substr(0, kKeyIdSize), bytes->substr(kKeyIdSize)};
}

Result<Note> ParseNote(std::string_view note) {
  if (note.size() > kNoteSizeMax) return NotACheckpoint("it has more than 64 KiB");
  const std::size_t blank = note.rfind("\n\n");
  if (blank == std::string_view::npos || !note.ends_with('\n')) {
    return NotACheckpoint("it has no empty line before its signatures, or no newline at its end");
  }
  Note parsed{note.substr(0, blank + 1), {}};
  for (std::string_view rest = note.substr(blank + 2); !rest.empty();) {
    auto signature = ParseSignature(CutLine(rest));
    if (!signature) return tl::unexpected(signature.error());
    parsed.signatures.push_back(*std::move(signature));
    if (parsed.signatures.size() > kSignaturesMax) return NotACheckpoint("too many signatures");
  }
  if (parsed.signatures.empty()) return NotACheckpoint("it has no signature");
  return parsed;
}

Result<std::uint64_t> ParseSize(std::string_view line) {
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), size);
  const bool is_canonical = !line.empty() && (line == "0" || line.front() != '0');
  if (error != std::errc() || end != line.data() + line.size() || !is_canonical) {
    return NotACheckpoint("its size is no decimal number: " + policy::Quote(line));
  }
  return size;
}

Result<Checkpoint> ParseText(std::string_view text) {
  const std::string_view origin = CutLine(text);
  const auto size = ParseSize(CutLine(text));
  const auto root = platform::FromBase64(CutLine(text));
  if (!size) return tl::unexpected(size.error());
  if (origin.empty()) return NotACheckpoint("it has no origin");
  if (!root || root->size() != Hash().size()) return NotACheckpoint("its root is no SHA-256");
  while (!text.empty()) {
    if (CutLine(text).empty()) return NotACheckpoint("an extension line is empty");
  }
  Checkpoint checkpoint{std::string(origin), *size, {}};
  std::memcpy(checkpoint.root.data(), root->data(), checkpoint.root.size());
  return checkpoint;
}

std::string_view Bytes(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

}  // namespace

VerifierKey::VerifierKey(std::string name, std::string public_key)
    : name_(std::move(name)), public_key_(std::move(public_key)) {
  const Hash hash = policy::Sha256Of(name_ + '\n' + kEd25519 + public_key_);
  id_ = Bytes(hash).substr(0, kKeyIdSize);
}

Result<VerifierKey> VerifierKey::From(std::string name, std::string public_key) {
  if (!IsKeyName(name)) {
    return Fail(ErrorCode::malformed_input,
                policy::Quote(name) +
                    " can't be the origin of a history: write a name without blanks and \"+\", "
                    "such as sekisho.example.org/history");
  }
  if (public_key.size() != 32) {
    return Fail(ErrorCode::malformed_input, "an Ed25519 public key has 32 bytes, this one " +
                                                std::to_string(public_key.size()));
  }
  return VerifierKey(std::move(name), std::move(public_key));
}

Result<VerifierKey> VerifierKey::Parse(std::string_view text) {
  const auto malformed = [text] {
    return Fail(ErrorCode::malformed_input,
                policy::Quote(text) + " is not a verifier key: expected NAME+ID+KEY");
  };
  const std::size_t first = text.find('+');
  // The base64 of the key may hold a "+" of its own.
  const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return malformed();
  const auto bytes = platform::FromBase64(text.substr(second + 1));
  if (!bytes || bytes->empty() || bytes->front() != kEd25519) return malformed();
  auto key = From(std::string(text.substr(0, first)), bytes->substr(1));
  if (!key) return key;
  if (platform::ToHex(key->id()) != text.substr(first + 1, second - first - 1)) {
    return Fail(ErrorCode::malformed_input,
                policy::Quote(text) + " is not a verifier key: its id is not that of its key");
  }
  return key;
}

std::string VerifierKey::ToText() const {
  return name_ + '+' + platform::ToHex(id_) + '+' + platform::ToBase64(kEd25519 + public_key_);
}

Result<std::string> SignCheckpoint(const Checkpoint& checkpoint, const platform::SigningKey& key) {
  const auto public_key = VerifierKey::From(checkpoint.origin, key.public_key());
  if (!public_key) return tl::unexpected(public_key.error());
  std::string note = checkpoint.origin + '\n' + std::to_string(checkpoint.size) + '\n' +
                     platform::ToBase64(Bytes(checkpoint.root)) + '\n';
  const auto signature = key.Sign(note);
  if (!signature) return tl::unexpected(signature.error());
  note += '\n';
  note += kSignatureStart;
  note += checkpoint.origin + ' ' + platform::ToBase64(public_key->id() + *signature) + '\n';
  return note;
}

Result<Checkpoint> OpenCheckpoint(std::string_view note, std::span<const VerifierKey> keys) {
  const auto parsed = ParseNote(note);
  if (!parsed) return tl::unexpected(parsed.error());
  bool is_signed = false;
  for (const Signature& signature : parsed->signatures) {
    for (const VerifierKey& key : keys) {
      if (key.name() != signature.name || key.id() != signature.key_id) continue;
      if (!platform::Verify(key.public_key(), parsed->text, signature.bytes)) {
        return Fail(ErrorCode::unauthenticated,
                    "the signature of " + policy::Quote(key.name()) + " is wrong");
      }
      is_signed = true;
    }
  }
  if (!is_signed) {
    return Fail(ErrorCode::unauthenticated,
                "no known key has signed it: give the log's verifier key, and those it replaced");
  }
  return ParseText(parsed->text);
}

}  // namespace agent::history
