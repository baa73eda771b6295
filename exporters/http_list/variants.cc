#include "exporters/http_list/variants.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <variant>

#include "exporters/http_list/list_body.h"
#include "exporters/http_list/md5.h"
#include "exporters/http_list/published.h"

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

// The file of one variant while it is written.
class Writer {
 public:
  explicit Writer(const Variant& variant) : variant_(&variant), body_(*variant.format) {}

  void Add(const Indicator& indicator) { body_.Add(indicator); }

  bool IsFull() const {
    const std::size_t bytes = body_.size() + variant_->format->tail.size();
    return Exceeds(body_.lines(), variant_->entries_max) || Exceeds(bytes, variant_->bytes_max);
  }

  // What an entry takes, with its separator.
  Size SizeOf(const Indicator& indicator) const {
    const Format& format = *variant_->format;
    ListBody alone(format);
    alone.Add(indicator);
    return {alone.lines(), alone.size() - format.head.size() + format.separator.size()};
  }

  // What there is for entries. The last has no separator.
  Result<Size> Room() const {
    const Format& format = *variant_->format;
    const std::size_t frame = format.head.size() + format.tail.size();
    Size room{variant_->entries_max, 0};
    if (variant_->bytes_max == 0) return room;
    if (variant_->bytes_max <= frame + format.nothing.size()) {
      return Fail(ErrorCode::exhausted,
                  variant_->path + ": bytes_max has no room even for an empty list");
    }
    room.bytes = variant_->bytes_max - frame + format.separator.size();
    return room;
  }

  std::string Finish() && { return std::move(body_).Finish(); }

 private:
  static bool Exceeds(std::size_t has, std::size_t max) { return max != 0 && has > max; }

  const Variant* variant_;
  ListBody body_;
};

// Writes the files of all variants from one list.
class Rendering {
 public:
  Rendering(const policy::ListSnapshot& list, const std::vector<Variant>& variants)
      : list_(list),
        variants_(variants),
        writers_(variants.begin(), variants.end()),
        holders_(list.size()) {}

  Result<void> WriteAll() {
    for (std::size_t i = 0; i < list_.size(); ++i) {
      const auto indicator = ReadLine(list_, i);
      if (!indicator) return tl::unexpected(indicator.error());
      for (std::size_t v = 0; v < variants_.size(); ++v) {
        if (!variants_[v].Takes(policy::KindOf(*indicator))) continue;
        if (variants_[v].Holds(*indicator)) {
          ++holders_[i];
          writers_[v].Add(*indicator);
        } else {
          LeaveOut(variants_[v], i);
        }
      }
      if (holders_[i] == 0) ++artifact_.not_enforceable;
    }
    return {};
  }

  // Writes those again that became too long, from what ranks first.
  Result<void> ShortenTheFull() {
    for (std::size_t v = 0; v < variants_.size(); ++v) {
      if (!writers_[v].IsFull()) continue;
      if (auto ok = Shorten(variants_[v], writers_[v]); !ok) return ok;
    }
    return {};
  }

  Artifact Finish(const std::string& canonical_name) && {
    for (std::size_t v = 0; v < variants_.size(); ++v) {
      std::string bytes = std::move(writers_[v]).Finish();
      const std::string md5 = variants_[v].format->md5_file ? Md5Hex(bytes) + "\n" : "";
      artifact_.files.push_back({variants_[v].path, std::move(bytes)});
      if (!md5.empty()) artifact_.files.push_back({variants_[v].path + ".md5", md5});
    }
    artifact_.files.push_back({canonical_name, list_.text()});
    if (!left_out_.empty()) artifact_.files.push_back({left_out_name, std::move(left_out_)});
    artifact_.enforced = static_cast<std::uint64_t>(
        std::count_if(holders_.begin(), holders_.end(), [](auto count) { return count > 0; }));
    return std::move(artifact_);
  }

 private:
  void LeaveOut(const Variant& variant, std::size_t line) {
    left_out_.append(variant.path).append(": ").append(list_.line(line)) += '\n';
  }

  // The sizes of what the variant holds; Size{} for the rest.
  std::vector<Size> SizesFor(const Variant& variant, const Writer& writer) const {
    std::vector<Size> sizes(list_.size());
    for (std::size_t i = 0; i < list_.size(); ++i) {
      const auto indicator = ReadLine(list_, i);
      if (indicator && variant.Takes(policy::KindOf(*indicator)) && variant.Holds(*indicator)) {
        sizes[i] = writer.SizeOf(*indicator);
      }
    }
    return sizes;
  }

  Result<void> Shorten(const Variant& variant, Writer& writer) {
    const auto room = writer.Room();
    if (!room) return tl::unexpected(room.error());
    const std::vector<Size> sizes = SizesFor(variant, writer);
    const auto cut = FindCut(list_, *room, [&](std::size_t line) { return sizes[line]; });
    if (!cut) return {};
    const auto is_held = [&](std::size_t line) { return sizes[line].entries > 0; };
    Writer shorter(variant);
    for (std::size_t i = 0; i < list_.size(); ++i) {
      if (!is_held(i)) continue;
      if (cut->Keeps(list_, i)) {
        shorter.Add(*ReadLine(list_, i));
      } else {
        LeaveOut(variant, i);
        --holders_[i];
      }
    }
    writer = std::move(shorter);
    std::vector<std::string> kinds;
    for (const auto kind : variant.kinds) kinds.emplace_back(policy::Name(kind));
    LeftOut left_out = LeftOutOf(list_, *cut, std::move(kinds), is_held);
    left_out.place = variant.path;
    left_out.all = PathOf(left_out_name);
    artifact_.left_out.push_back(std::move(left_out));
    return {};
  }

  const policy::ListSnapshot& list_;
  const std::vector<Variant>& variants_;
  std::vector<Writer> writers_;
  std::vector<std::uint16_t> holders_;  // how many variants hold each line
  Artifact artifact_;
  std::string left_out_;
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
  Rendering rendering(list, variants);
  if (auto ok = rendering.WriteAll(); !ok) return tl::unexpected(std::move(ok.error()));
  if (auto ok = rendering.ShortenTheFull(); !ok) return tl::unexpected(std::move(ok.error()));
  return std::move(rendering).Finish(canonical_name);
}

}  // namespace exporters::http_list
