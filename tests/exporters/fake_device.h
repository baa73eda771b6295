#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "exporters/difference.h"
#include "exporters/exporter.h"

namespace exporters::testing {

// A device in memory: it holds a list's text, and can be told to misbehave. Any thread.
class FakeDevice final : public Exporter {
 public:
  Profile profile() const override { return {"Fake 1.0", {"domain", "ip", "url"}, Get(capacity_)}; }

  Result<Artifact> Render(const policy::ListSnapshot& list) const override {
    return Artifact{{{"list.txt", list.text()}}, list.size(), 0};
  }

  Outcome<Proof> Apply(const Change& change) override {
    std::unique_lock lock(mutex_);
    ++applied_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_up_; });
    last_had_base_ = change.base != nullptr;
    if (!failures_.empty()) {
      const Failure failure = failures_.front();
      failures_.pop_front();
      if (failure.device != DeviceState::unchanged) text_ = "something else";
      return tl::unexpected(failure);
    }
    text_ = change.list.text();
    if (drops_next_line_) {
      drops_next_line_ = false;
      text_.erase(0, text_.find('\n') + 1);
    }
    return Compare(change.list);
  }

  Outcome<Proof> ReadBack(const policy::ListSnapshot& list) override {
    const std::lock_guard lock(mutex_);
    ++read_back_;
    changed_.notify_all();
    if (unreachable_) return tl::unexpected(Failure{DeviceState::unknown, "does not answer"});
    return Compare(list);
  }

  Outcome<std::vector<policy::Indicator>> Blocked(
      const std::vector<policy::Indicator>& targets) override {
    const std::lock_guard lock(mutex_);
    std::vector<policy::Indicator> blocked;
    for (const policy::Indicator& target : targets) {
      const bool is_blocked = text_.find(policy::LineOf(target) + "\n") != text_.npos ||
                              (also_ && *also_ == target && text_.find(because_) != text_.npos);
      if (is_blocked) blocked.push_back(target);
    }
    return blocked;
  }

  // With that line it blocks `target`, too: a name's address, say.
  void BlockAlso(policy::Indicator target, std::string because) {
    Set(because_, std::move(because));
    Set(also_, std::optional(std::move(target)));
  }
  // What an administrator, a reboot or a fault does.
  void Put(std::string text) { Set(text_, std::move(text)); }
  void FailNext(Failure failure) {
    const std::lock_guard lock(mutex_);
    failures_.push_back(std::move(failure));
  }
  void DropALineNext() { Set(drops_next_line_, true); }
  void SetUnreachable(bool unreachable) { Set(unreachable_, unreachable); }
  void SetCapacity(std::uint64_t entries) { Set(capacity_, entries); }
  void HoldUp(bool held_up) { Set(held_up_, held_up); }

  std::string text() const { return Get(text_); }
  int applied() const { return Get(applied_); }
  int read_back() const { return Get(read_back_); }
  bool last_had_base() const { return Get(last_had_base_); }

  // Waits until Apply was called `count` times, whether or not it has returned. False after 20 s.
  bool WaitForApply(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return applied_ >= count; });
  }
  bool WaitForReadBack(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return read_back_ >= count; });
  }

 private:
  Outcome<Proof> Compare(const policy::ListSnapshot& list) const {
    const bool same = text_ == list.text();
    Proof proof{same, list.size(), 0, same ? "compared the text" : "the text differs"};
    if (!same) proof.difference = FileDifference("list.txt", text_, list.text());
    return proof;
  }
  template <class T, class U>
  void Set(T& field, U value) {
    const std::lock_guard lock(mutex_);
    field = std::move(value);
    changed_.notify_all();
  }
  template <class T>
  T Get(const T& field) const {
    const std::lock_guard lock(mutex_);
    return field;
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  std::deque<Failure> failures_;
  std::uint64_t capacity_ = 0;
  std::string because_;
  std::optional<policy::Indicator> also_;
  bool drops_next_line_ = false;
  bool unreachable_ = false;
  bool held_up_ = false;
  bool last_had_base_ = false;
  int applied_ = 0;
  int read_back_ = 0;
};

}  // namespace exporters::testing
