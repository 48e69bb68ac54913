// SPDX-License-Identifier: GPL-2.0-only

//! Scans, planned and split.

use super::*;

/// Channels of a full scan: 14 of 2.4 GHz, of which the last two are listened to, and 5 GHz.
fn all_channels() -> Vec<Channel> {
    let channel = |band, number, listen_only| Channel {
        band,
        number,
        listen_only,
        max_power: 20,
    };
    let two = (1..=13).map(|number| channel(Band::Two, number, number > 11));
    let five = [36, 40, 44, 48, 52, 56, 60, 64, 100, 149]
        .map(|number| channel(Band::Five, number, (52..=100).contains(&number)));
    two.chain(five).collect()
}

fn steps(channels: &[Channel], ssids: usize, joined: bool) -> Vec<Step> {
    let mut plan = Plan::new(ssids);
    std::iter::from_fn(|| plan.next(channels, joined)).collect()
}

#[test]
fn scan_without_a_link() {
    let channels = all_channels();
    let steps = steps(&channels, 1, false);
    let groups: Vec<_> = steps
        .iter()
        .map(|step| (step.first_channel, step.channels, step.probes))
        .collect();
    assert_eq!(groups[..3], [(0, 11, 2), (11, 2, 0), (13, 1, 2)]);
    assert_eq!(steps.len(), 12);
    assert!(steps.iter().all(|step| step.kind == ScanKind::Foreground));
    assert_eq!(steps[0].limit(), 5000 + 11 * 110);
    assert_eq!(steps[1].dwell.min, 110);
}

/// F-6: with a link, every request is for one channel, in the background, and short.
#[test]
fn f6_scan_with_a_link() {
    let channels = all_channels();
    let steps = steps(&channels, 1, true);
    assert_eq!(steps.len(), channels.len());
    for (step, channel) in steps.iter().zip(&channels) {
        assert_eq!(step.channels, 1);
        assert_eq!(step.kind, ScanKind::Background);
        assert_eq!(step.probes == 0, channel.listen_only);
        if !channel.listen_only {
            assert_eq!((step.dwell.min, step.dwell.max), (10, 25));
        }
    }
}

/// B5: a refused request costs nothing but itself when its channels are asked for one by one.
#[test]
fn refused_requests_are_split() {
    let channels = all_channels();
    let mut plan = Plan::new(1);
    let first = plan.next(&channels, false).unwrap();
    assert_eq!(first.channels, 11);
    plan.refused(&first);
    for at in 0..11 {
        let step = plan.next(&channels, false).unwrap();
        assert_eq!((step.first_channel, step.channels), (at, 1));
        plan.refused(&step);
    }
    let step = plan.next(&channels, false).unwrap();
    assert_eq!((step.first_channel, step.channels), (11, 2));
}

#[test]
fn scan_for_many_networks() {
    let channels = all_channels();
    let steps = steps(&channels, 5, false);
    let rounds: Vec<_> = steps
        .iter()
        .take(4)
        .map(|step| (step.first_channel, step.first_ssid, step.ssids))
        .collect();
    assert_eq!(rounds, [(0, 0, 2), (0, 2, 2), (0, 4, 1), (11, 0, 0)]);
}

#[test]
fn scan_by_listening() {
    for step in steps(&all_channels(), 0, false) {
        assert_eq!((step.probes, step.ssids), (0, 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Every channel is visited with every name, whatever happens to the link meanwhile.
    #[test]
    fn scans_end_and_leave_nothing_out(
        listen in vec(any::<bool>(), 0..60), ssids in 0usize..12, joined in vec(any::<bool>(), 1..20),
    ) {
        let channels: Vec<_> = listen
            .iter()
            .enumerate()
            .map(|(at, listen_only)| Channel {
                band: if at < 20 { Band::Two } else { Band::Five },
                number: 1,
                listen_only: *listen_only,
                max_power: i32::try_from(at).unwrap(),
            })
            .collect();
        let mut plan = Plan::new(ssids);
        let mut visited = vec![0; channels.len()];
        let mut links = joined.iter().cycle();
        let mut requests = 0;
        while let Some(step) = plan.next(&channels, *links.next().unwrap()) {
            requests += 1;
            prop_assert!(requests <= channels.len() * 6);
            prop_assert!(step.ssids <= 2 && step.channels <= 48);
            prop_assert!(step.band == Band::Two || step.channels == 1);
            let last = step.first_channel + step.channels;
            for (at, channel) in channels.iter().enumerate().take(last).skip(step.first_channel) {
                prop_assert!(step.max_power <= channel.max_power);
                prop_assert!(step.probes == 0 || !channel.listen_only);
                visited[at] += if step.probes == 0 { ssids.max(1) } else { step.ssids };
            }
        }
        prop_assert!(visited.iter().all(|visits| *visits > 0));
        if joined.iter().all(|joined| *joined) {
            prop_assert!(visited.iter().all(|visits| *visits == ssids.max(1)));
        }
    }

    #[test]
    fn control_bodies_of_anything(bytes in vec(any::<u8>(), 0..128)) {
        let _ = ScanComplete::decode(&bytes);
        let _ = ChannelSwitched::decode(&bytes);
        let _ = PmChanged::decode(&bytes);
        let _ = Event::decode(&bytes);
        let _ = SuspendResume::decode(&bytes);
        let _ = Joined::decode(&bytes);
        let _ = Counters::decode(&bytes);
    }
}
