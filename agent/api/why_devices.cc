#include <algorithm>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/api/why.h"
#include "agent/history/entry.h"
#include "policy/quote.h"
#include "proto/convert.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using policy::TimePoint;
using sekisho::v1::WhyDevice;
using store::Block;

// How far back an earlier proof is looked for, in entries.
constexpr std::uint64_t lookback_max = 50'000;
constexpr std::uint64_t lookback_step = 5'000;

// What a device last proved to enforce.
struct Proof {
  std::uint64_t release;
  TimePoint at;
  bool drift;
  std::string read_back;
  bool dry_run = false;
  std::uint64_t ended = 0;             // lines of that release, while the agent was away
  sekisho::v1::Receipt left_out = {};  // as the device told last
};

std::optional<Proof> ProofOf(const history::Entry& entry) {
  const auto detail = nlohmann::json::parse(entry.detail, nullptr, false);
  if (!detail.is_object()) return std::nullopt;
  const auto release = detail.find("release");
  const auto read_back = detail.find("read_back");
  if (release == detail.end() || !release->is_number_unsigned() || read_back == detail.end() ||
      !read_back->is_string()) {
    return std::nullopt;
  }
  return Proof{release->get<std::uint64_t>(), entry.at, entry.action == "device.drift",
               read_back->get<std::string>(), detail.contains("dry_run")};
}

// The last of the device's receipts that the history has up to `at`.
Result<std::optional<Proof>> EarlierProof(store::Reader& reader, const std::string& device,
                                          TimePoint at) {
  auto end = reader.FirstLeafSince(at + std::chrono::seconds(1));
  if (!end) return tl::unexpected(end.error());
  const std::string actor = "device:" + device;
  const std::uint64_t stop = *end - std::min(*end, lookback_max);
  while (*end > stop) {
    const std::uint64_t from = std::max(stop, *end - std::min(*end, lookback_step));
    const auto leaves = reader.Leaves(from, static_cast<std::size_t>(*end - from));
    if (!leaves) return tl::unexpected(leaves.error());
    for (auto leaf = leaves->rbegin(); leaf != leaves->rend(); ++leaf) {
      if (leaf->leaf.find(actor) == std::string::npos) continue;  // spares parsing most
      const auto entry = history::ParseLeaf(leaf->leaf);
      if (!entry || entry->actor != actor || entry->at > at) continue;
      if (entry->action != "device.receipt" && entry->action != "device.drift") continue;
      if (auto proof = ProofOf(*entry)) return proof;
    }
    *end = from;
  }
  return std::optional<Proof>();
}

Result<std::optional<Proof>> ProofAt(store::Reader& reader,
                                     const std::vector<store::DeviceStatus>& statuses,
                                     const std::string& device, std::optional<TimePoint> at) {
  const auto status = std::find_if(statuses.begin(), statuses.end(),
                                   [&](const auto& each) { return each.device == device; });
  const bool is_known = status != statuses.end() && status->receipt_at;
  if (at && (!is_known || *status->receipt_at > *at)) return EarlierProof(reader, device, *at);
  if (!is_known) return std::optional<Proof>();
  return std::optional(Proof{status->release, *status->receipt_at, status->drift, status->read_back,
                             status->dry_run, status->ended,
                             proto::LeftOutFromJson(status->left_out)});
}

bool Carries(const std::vector<ListSettings>& lists, const std::string& name, const Block& block) {
  const auto list = std::find_if(lists.begin(), lists.end(),
                                 [&](const ListSettings& each) { return each.name == name; });
  return list != lists.end() && CarriesBlock(*list, block.target);
}

std::string Told(const Proof& proof) {
  return "release " + std::to_string(proof.release) + ", read back at " +
         policy::FormatTime(proof.at) +
         (proof.read_back.empty() ? "" : " (" + proof.read_back + ")");
}

// Whether a part of the device had no room for it: what ranks after the last line that fits.
bool HasNoRoom(const sekisho::v1::LeftOut& part, const Block& block) {
  const std::string_view kind = policy::Name(policy::KindOf(block.target));
  if (std::find(part.kinds().begin(), part.kinds().end(), kind) == part.kinds().end()) return false;
  const auto risk = static_cast<std::uint32_t>(block.risk);
  if (risk != part.risk()) return risk < part.risk();
  return policy::LineOf(block.target) > part.last();
}

// Why a block of the release that the device proved is not enforced there all the same, if so.
std::optional<std::string> WhyNot(const Block& block, const Proof& proof) {
  for (const auto& part : proof.left_out.left_out()) {
    if (!HasNoRoom(part, block)) continue;
    if (part.place().empty()) return "left out on this device: it is full";
    return "left out on this device: " + part.place() + " is full";
  }
  if (proof.ended > 0 && block.expires_at <= proof.at) {
    return "its time was over on this device while the agent was away";
  }
  return std::nullopt;
}

// Of the blocks that the device's list carries.
void Judge(const std::vector<const Block*>& carried, const Proof& proof, WhyDevice& answer) {
  answer.set_release(proof.release);
  if (proof.dry_run) {
    answer.set_detail("it is in a dry run and blocks nothing: " + Told(proof));
    return;
  }
  if (proof.drift) {
    answer.set_detail("it did not hold what it should: " + Told(proof));
    return;
  }
  const Block* coming = nullptr;
  for (const Block* block : carried) {
    if (!block->added_release) continue;
    if (proof.release < *block->added_release) {
      coming = block;
    } else if (!block->removed_release || proof.release < *block->removed_release) {
      const auto why_not = WhyNot(*block, proof);
      answer.set_enforced(!why_not);
      answer.set_detail((why_not ? *why_not + "; it has " : "it has ") + Told(proof));
      return;
    }
  }
  if (coming != nullptr) {
    answer.set_detail("it has " + Told(proof) + "; the block came with release " +
                      std::to_string(*coming->added_release));
  } else {
    answer.set_detail("it has " + Told(proof) + ", which does not hold a block of it");
  }
}

}  // namespace

Result<std::vector<WhyDevice>> WhereEnforced(const Desk& desk, store::Reader& reader,
                                             const std::vector<Block>& blocks,
                                             std::optional<TimePoint> at, const std::string& only) {
  const auto statuses = reader.DeviceStatuses();
  if (!statuses) return tl::unexpected(statuses.error());
  std::vector<WhyDevice> answers;
  for (const auto& device : desk.devices) {
    if (!only.empty() && device.name != only) continue;
    WhyDevice& answer = answers.emplace_back();
    answer.set_device(device.name);
    std::vector<const Block*> carried;
    for (const Block& block : blocks) {
      if (Carries(desk.lists, device.list, block)) carried.push_back(&block);
    }
    const auto proof = ProofAt(reader, *statuses, device.name, at);
    if (!proof) return tl::unexpected(proof.error());
    if (*proof) {
      Judge(carried, **proof, answer);
    } else {
      answer.set_detail(at ? "no proof of what it enforced then was found" : "it was never seen");
    }
    if (!blocks.empty() && carried.empty()) {
      answer.set_detail("its list " + device.list + " does not carry what blocks this");
    }
  }
  if (!only.empty() && answers.empty()) {
    return Fail(ErrorCode::not_found, "there is no device " + policy::Quote(only));
  }
  return answers;
}

}  // namespace agent::api
