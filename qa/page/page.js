// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Builds the page of a coaching pack from the JSON in it. Texts of people become text nodes inside <bdi> or
// dir="auto" elements, never markup. Times in the data are milliseconds of the call's recording; a clip's own
// time begins at its start_ms.
'use strict';
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const words = read('words'), pack = read('pack');
  const language = document.documentElement.lang;
  const locale = language === 'ar' ? 'ar-EG-u-nu-latn' : 'en-GB';
  const SVG = 'http://www.w3.org/2000/svg';
  const LANE = 34, VOICE = 22, AXIS = 20, MARKS = 14, STEP_S = 5;
  const SPEEDS = [0.75, 1, 1.25, 1.5, 2];

  // ---- words and figures

  const t = (key, ...values) =>
    (words[key] ?? key).replace(/\{(\d)\}/g, (_, n) => values[Number(n)] ?? '');
  const known = (prefix, value) => (value ? words[prefix + value] ?? value : '');
  const pad = (n) => String(n).padStart(2, '0');
  function clock(ms) {
    const s = Math.floor(Math.max(ms, 0) / 1000), h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
    return h ? `${h}:${pad(m)}:${pad(s % 60)}` : `${m}:${pad(s % 60)}`;
  }
  const seconds = (ms) => (ms / 1000).toFixed(ms === 0 ? 0 : ms < 100 ? 2 : 1);
  const score = (x) => String(Math.floor(x * 10 + 0.5 + 1e-9) / 10); // half up, once
  const dates = new Intl.DateTimeFormat(locale, { dateStyle: language === 'ar' ? 'long' : 'medium', timeStyle: 'short' });

  // ---- elements

  function put(parent, children) {
    for (const child of children.flat(Infinity))
      if (child !== null && child !== undefined && child !== '' && child !== false) parent.append(child);
    return parent;
  }
  function set(node, attributes) {
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? '' : value);
    }
    return node;
  }
  const el = (name, attributes, ...children) => put(set(document.createElement(name), attributes), children);
  const draw = (name, attributes, ...children) => put(set(document.createElementNS(SVG, name), attributes), children);
  const bdi = (text) => (text === null || text === undefined || text === '' ? '' : el('bdi', null, String(text)));
  const figure = (text) => el('bdi', { dir: 'ltr' }, String(text)); // numbers, ids, addresses
  const when = (text) => (text ? el('time', { datetime: text, dir: document.documentElement.dir }, dates.format(new Date(text))) : '');
  const person = (text) => (/^[+*#x\d\s()-]+$/.test(text ?? '') ? figure(text) : bdi(text));

  // ---- who is who in a call

  const last = (list) => list[list.length - 1];
  const agentOf = (call) => { const s = last(call.segments) ?? {}; return s.agent_name || s.agent || ''; };
  const callerOf = (call) => call.caller_name || call.caller || '';
  const calleeOf = (call) => call.callee_name || call.callee || '';
  const titleOf = (call) => agentOf(call) || calleeOf(call) || callerOf(call) || call.short_id;
  const sides = { inbound: { caller: 'caller', callee: 'agent' }, outbound: { caller: 'agent', callee: 'customer' } };
  function legName(call, leg) {
    const role = sides[call.direction]?.[leg.role] ?? leg.role, customer = call.direction === 'outbound' ? calleeOf(call) : callerOf(call);
    const name = { caller: callerOf(call), callee: calleeOf(call), agent: titleOf(call), customer }[role];
    return [known('role-', role), name ? [': ', person(name)] : ''];
  }
  const party = (name, number) => (name && number && name !== number ? [person(name), ' (', figure(number), ')'] : person(name || number));
  const latest = (call) => last(call.evaluations) ?? null;

  function pill(call) {
    const evaluation = latest(call);
    if (!evaluation) return el('span', { class: 'pill none', title: t('no-score') }, '–');
    if (evaluation.score === null) return el('span', { class: 'pill none', title: t('no-score-na') }, '–');
    const passed = evaluation.passed;
    return el('span', { class: 'pill ' + (passed ? 'good' : 'bad'), title: t(passed ? 'passed' : 'not-passed') },
      figure(score(evaluation.score)));
  }

  // ---- time line: SVG in per cent of the width, so that it needs no script to fit

  function timeLine(call, clip) {
    const length = Math.max(clip.end_ms - clip.start_ms, 1), lanes = Math.max(call.legs.length, 1);
    const height = MARKS + lanes * LANE + AXIS;
    const percent = (ms) => `${((ms - clip.start_ms) / length * 100).toFixed(4)}%`;
    const part = (start, end, y, h, attributes, ...children) => {
      const from = Math.max(start, clip.start_ms), to = Math.min(end, clip.end_ms);
      if (to <= from) return '';
      const width = `${((to - from) / length * 100).toFixed(4)}%`;
      return draw('rect', { x: percent(from), width, y, height: h, ...attributes }, ...children);
    };
    const top = (leg) => MARKS + leg * LANE + (LANE - VOICE) / 2;
    const svg = draw('svg', { height, width: '100%', 'aria-hidden': 'true', direction: 'ltr' });
    call.legs.forEach((leg, i) => {
      put(svg, [draw('rect', { class: 'lane', x: 0, width: '100%', y: top(i), height: VOICE, rx: 4 })]);
      leg.speech.forEach(([start, end]) => put(svg, [part(start, end, top(i), VOICE, { class: `voice-${Math.min(i, 3)}`, rx: 2 })]));
    });
    for (const gap of call.gaps)
      put(svg, [part(gap.start_ms, gap.start_ms + gap.length_ms, top(gap.leg), VOICE,
        { class: gap.missing ? 'gap-missing' : 'gap-meant' }, draw('title', null, gapText(gap)))]);
    for (const flag of call.flags)
      if (flag.start_ms !== null)
        put(svg, [part(flag.start_ms, flag.end_ms ?? call.audio_ms, MARKS, lanes * LANE, { class: 'flag-band' },
          draw('title', null, t('flagged-part'))),
        part(flag.start_ms, flag.end_ms ?? call.audio_ms, MARKS - 3, 3, { class: 'flag-edge' })]);
    for (const [at, text] of moments(call))
      if (at >= clip.start_ms && at <= clip.end_ms)
        put(svg, [draw('svg', { x: percent(at), y: 0, width: 1, height: MARKS, overflow: 'visible' },
          draw('path', { class: 'mark', d: 'M-5 1H5V7L0 12L-5 7Z' }, draw('title', null, `${clock(at)} ${text}`)))]);
    put(svg, [axis(clip, length, percent, MARKS + lanes * LANE)]);
    const head = draw('rect', { class: 'head-line', x: 0, y: 0, width: 2, height: MARKS + lanes * LANE });
    put(svg, [head]);
    return { svg, move: (ms) => head.setAttribute('x', percent(ms)) };
  }

  function axis(clip, length, percent, y) {
    const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600].find((s) => length / (s * 1000) <= 8) ?? 7200;
    const group = draw('g');
    for (let at = Math.ceil(clip.start_ms / 1000 / step) * step * 1000; at <= clip.end_ms; at += step * 1000) {
      const share = (at - clip.start_ms) / length, anchor = share < 0.03 ? 'start' : share > 0.97 ? 'end' : 'middle';
      put(group, [draw('rect', { class: 'tick', x: percent(at), y, width: 1, height: 5 }),
        draw('text', { class: 'tick-text', x: percent(at), y: y + 17, 'text-anchor': anchor }, clock(at))]);
    }
    return group;
  }

  const moments = (call) => [
    ...call.evaluations.flatMap((e) => e.comments.filter((c) => c.at_ms !== null).map((c) => [c.at_ms, c.text])),
    ...call.notes.filter((n) => n.position_ms !== null).map((n) => [n.position_ms, n.text])];
  const gapText = (gap) => gap.missing
    ? `${t('missing-here', seconds(gap.length_ms))} (${known('gap-', gap.reason)})`
    : `${known('gap-', gap.reason)}: ${t('seconds', seconds(gap.length_ms))}`;

  // ---- player

  let playing = null;
  const ICONS = { play: 'M8 5v14l11-7z', pause: 'M7 5h4v14H7zM14 5h4v14h-4z' };

  function player(call, clip, number) {
    const audio = el('audio', { src: clip.file, preload: 'none' });
    const line = timeLine(call, clip), length = clip.end_ms - clip.start_ms;
    const icon = draw('path', { d: ICONS.play });
    const now = el('span', null, clock(clip.start_ms));
    const trouble = el('p', { class: 'trouble', role: 'alert', hidden: true }, t('not-unpacked'));
    let wanted = 0; // seconds into the clip, also before the browser knows the file
    const button = el('button', { class: 'play', type: 'button', 'aria-label': t('play'), onclick: toggle },
      draw('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, icon));
    const slider = el('div', {
      class: 'line', dir: 'ltr', role: 'slider', tabindex: 0, 'aria-label': t('position'), 'aria-valuemin': 0,
      'aria-valuemax': Math.round(length / 1000), title: t('keys'), onpointerdown: drag, onpointermove: drag, onkeydown: key,
    }, line.svg);
    function show() {
      const at = clip.start_ms + wanted * 1000;
      line.move(Math.min(at, clip.end_ms));
      now.textContent = clock(at);
      slider.setAttribute('aria-valuenow', Math.round(wanted));
      slider.setAttribute('aria-valuetext', clock(at));
    }
    function seek(s, start) {
      wanted = Math.min(Math.max(s, 0), length / 1000);
      if (audio.readyState > 0) audio.currentTime = wanted;
      show();
      if (start && audio.paused) toggle();
    }
    function toggle() {
      if (!audio.paused) { audio.pause(); return; }
      if (playing && playing !== audio) playing.pause();
      playing = audio;
      trouble.hidden = true;
      audio.play().catch((error) => { if (error.name !== 'AbortError') trouble.hidden = false; });
    }
    function drag(event) {
      if (event.type === 'pointermove' && !(event.buttons & 1)) return;
      const box = slider.getBoundingClientRect();
      seek((event.clientX - box.left) / box.width * length / 1000);
    }
    function key(event) {
      const moves = { ArrowRight: STEP_S, ArrowUp: STEP_S, ArrowLeft: -STEP_S, ArrowDown: -STEP_S, PageUp: 30, PageDown: -30 };
      if (event.key in moves) seek(wanted + moves[event.key]);
      else if (event.key === 'Home') seek(0);
      else if (event.key === 'End') seek(length / 1000);
      else if (event.key === ' ' || event.key === 'Enter') toggle();
      else return;
      event.preventDefault();
    }
    function state() {
      icon.setAttribute('d', audio.paused ? ICONS.play : ICONS.pause);
      button.setAttribute('aria-label', t(audio.paused ? 'play' : 'pause'));
    }
    set(audio, {
      onplay: state, onpause: state, onended: state,
      onloadedmetadata: () => { audio.currentTime = wanted; },
      ontimeupdate: () => { wanted = audio.currentTime; show(); },
    });
    const speeds = SPEEDS.map((speed) => el('button', {
      type: 'button', 'aria-pressed': String(speed === 1),
      onclick: (event) => {
        audio.playbackRate = audio.defaultPlaybackRate = speed;
        for (const other of event.currentTarget.parentNode.children) other.setAttribute('aria-pressed', String(other === event.currentTarget));
      },
    }, figure(`${speed}×`)));
    show();
    const gaps = call.gaps.filter((gap) => gap.start_ms < clip.end_ms && gap.start_ms + gap.length_ms > clip.start_ms);
    const node = el('div', { class: 'player' },
      number && el('p', { class: 'small soft' }, t('part', number)),
      el('div', { class: 'controls' }, button,
        el('span', { class: 'clock' }, el('bdi', { dir: 'ltr' }, now, ' / ', clock(clip.end_ms))),
        el('div', { class: 'speeds', role: 'group', 'aria-label': t('speed'), dir: 'ltr' }, speeds)),
      trouble,
      el('div', { class: 'time' },
        el('div', { class: 'names', style: `padding-block-start:${MARKS}px` },
          call.legs.map((leg, i) => el('span', null, el('i', { class: `voice-${Math.min(i, 3)}` }), legName(call, leg)))),
        slider),
      gaps.length > 0 && el('div', { class: 'legend' }, gaps.slice(0, 30).map((gap) => el('button', {
        type: 'button', class: gap.missing ? 'gap' : 'gap meant', onclick: () => seek((gap.start_ms - clip.start_ms) / 1000 - 1, true),
      }, figure(clock(gap.start_ms)), ' ', gapText(gap)))),
      audio);
    return { node, audio, toggle, step: (s) => seek(wanted + s), speed: (way) => {
      const at = SPEEDS.indexOf(audio.defaultPlaybackRate) + way;
      speeds[Math.min(Math.max(at, 0), SPEEDS.length - 1)].click();
    }, covers: (ms) => ms >= clip.start_ms && ms <= clip.end_ms, jump: (ms) => {
      node.scrollIntoView({ block: 'nearest' });
      seek((ms - clip.start_ms) / 1000, true);
    } };
  }

  // ---- parts of a call

  function jumpTo(players, ms) {
    if (ms === null) return el('span', { class: 'soft small' }, t('whole-call'));
    const target = players.find((p) => p.covers(ms));
    if (!target) return el('span', { class: 'soft' }, figure(clock(ms)));
    return el('button', { type: 'button', class: 'jump', 'aria-label': t('jump', clock(ms)), onclick: () => target.jump(ms) }, figure(clock(ms)));
  }
  const signed = (by, at) => (by || at) && el('span', { class: 'by small soft' }, bdi(by), by && at ? ' · ' : '', when(at));

  function chips(call) {
    const tone = { given: 'good', refused: 'bad', withdrawn: 'bad', expired: 'bad' }[call.consent_state] ?? 'warn';
    return el('div', { class: 'chips' },
      el('span', { class: `chip ${tone}` }, known('consent-', call.consent_state)),
      call.missing_ms > 0 && el('span', { class: 'chip bad' }, t('missing-total', seconds(call.missing_ms))),
      el('span', { class: 'chip' }, known('direction-', call.direction)),
      call.client && call.client !== 'default' && el('span', { class: 'chip' }, t('client'), ': ', bdi(call.client)),
      call.tags.map((tag) => el('span', { class: 'chip' }, bdi(`#${tag}`))));
  }

  function facts(call) {
    const fact = (key, value) => value !== null && value !== '' && el('div', null, el('dt', null, t(key)), el('dd', null, value));
    const length = (key, ms) => (ms === null ? '' : fact(key, t('seconds', seconds(ms))));
    return el('dl', { class: 'facts' },
      fact('duration', figure(clock(call.duration_ms ?? call.audio_ms))),
      length('wait', call.wait_ms), length('hold', call.hold_ms), length('greeting-after', call.greeting_ms),
      length('talk-over', call.talk_over_ms), length('dead-air', call.dead_air_ms),
      fact('queue', bdi((last(call.segments) ?? {}).queue)));
  }

  function why(call) {
    const notes = call.flags.filter((flag) => flag.note);
    return notes.length > 0 && el('div', { class: 'why' }, el('h3', null, t('why')), notes.map((flag) => el('p', null, bdi(flag.note), ' ',
      signed(flag.by, flag.at))));
  }

  function answer(question) {
    const na = question.score === null;
    return el('li', { class: question.critical_failed ? 'fail' : na ? 'na' : null },
      el('span', { class: 'text' }, el('bdi', null, question.text), question.critical && el('span', { class: 'crit' }, t(`critical-${question.critical}`))),
      el('span', { class: 'label' }, bdi(question.label)),
      el('span', { class: 'points' }, na ? '' : figure(`${score(question.score * question.weight)} / ${score(question.weight)}`)),
      question.comment && el('p', { class: 'remark' }, bdi(question.comment)));
  }

  function section(part) {
    return el('div', { class: 'sect' },
      el('div', { class: 'sect-head' }, el('span', null, bdi(part.title)),
        el('span', { class: 'bar' }, el('i', { style: `inline-size:${part.score ?? 0}%` })),
        part.score === null ? el('span', { class: 'soft small' }, t('na')) : figure(score(part.score))),
      el('ul', { class: 'answers' }, part.questions.map(answer)));
  }

  // An evaluation belongs to one segment of the call and its agent; worth saying where there are several.
  function judged(call, evaluation) {
    if (call.segments.length < 2) return '';
    const name = (call.segments[evaluation.segment] ?? {}).agent_name || evaluation.agent || '';
    return el('p', { class: 'small' }, t('segment', evaluation.segment + 1), name && [': ', person(name)]);
  }

  function sheet(call, evaluation, players) {
    const scored = evaluation.score !== null;
    return el('div', { class: 'sheet' },
      el('div', { class: 'sheet-head' },
        el('span', { class: 'big' }, scored ? figure(score(evaluation.score)) : '–'),
        scored ? el('span', { class: 'pill ' + (evaluation.passed ? 'good' : 'bad') }, t(evaluation.passed ? 'passed' : 'not-passed'))
          : el('span', { class: 'pill none' }, t('no-score-na')),
        el('span', null, el('b', null, bdi(evaluation.rubric_title)), ' ',
          el('span', { class: 'soft small' }, t('version', evaluation.rubric_version),
            evaluation.pass_percent !== null && [' · ', t('pass-mark', score(evaluation.pass_percent))])),
        signed(evaluation.evaluator, evaluation.at)),
      judged(call, evaluation),
      evaluation.critical_failed ? el('p', { class: 'alarm' },
        t('critical-failed', evaluation.score_raw === null ? '–' : score(evaluation.score_raw)))
        : scored && el('p', { class: 'small soft' }, t('critical-none', score(evaluation.score_raw))),
      evaluation.sections.map(section),
      evaluation.comments.length > 0 && [el('h3', null, t('comments')), el('ul', { class: 'said' }, evaluation.comments.map((comment) =>
        el('li', null, jumpTo(players, comment.at_ms), el('p', { dir: 'auto' }, comment.text))))]);
  }

  function consent(call) {
    return call.consent.length > 0 && [el('h3', null, t('consent')), el('ul', { class: 'said' }, call.consent.map((event) =>
      el('li', null, el('span', { class: 'soft small' }, event.offset_ms === null ? '' : figure(clock(event.offset_ms))),
        el('p', null, known('consent-', event.state), ' ', el('span', { class: 'soft' }, known('source-', event.source),
          event.notice && [' · ', bdi(event.notice), event.version && [' ', bdi(event.version)]], ' · ', when(event.at))))))];
  }

  // In a trainer's list the parts of a call play where the trainer put them; comments jump there.
  function article(call) {
    const listed = entries.filter((entry) => entry.call === call);
    const players = listed.length > 0 ? listed.map((entry) => entry.player)
      : call.clips.map((clip, i) => player(call, clip, call.clips.length > 1 && i + 1));
    if (listed.length === 0) stops.push(...players);
    return el('article', { class: 'call', id: `call-${call.id}`, tabindex: -1 },
      el('div', { class: 'head' }, el('h2', null, person(titleOf(call))),
        el('span', { class: 'soft' }, when(call.started_at), ' · ', el('code', null, figure(call.short_id)))),
      el('p', { class: 'parties soft' }, party(call.caller_name, call.caller),
        calleeOf(call) && [language === 'ar' ? ' ← ' : ' → ', party(call.callee_name, call.callee)]),
      chips(call), facts(call), why(call), listed.length === 0 && players.map((p) => p.node),
      el('h3', null, t('score')),
      call.evaluations.length === 0 && el('p', { class: 'soft' }, t('no-score')),
      [...call.evaluations].reverse().map((evaluation) => sheet(call, evaluation, players)),
      call.notes.length > 0 && [el('h3', null, t('notes')), el('ul', { class: 'said' }, call.notes.map((note) =>
        el('li', null, jumpTo(players, note.position_ms), el('p', { dir: 'auto' }, note.text), signed(note.by, note.at))))],
      consent(call));
  }

  // ---- the trainer's list

  const stops = []; // players in the order of the page, for the keyboard
  const entries = (pack.playlist?.entries ?? []).map((entry) => {
    const call = pack.calls.find((one) => one.id === entry.id);
    const clip = call.clips.find((one) => one.file === entry.file && one.start_ms === entry.start_ms);
    return { ...entry, call, player: player(call, clip) };
  });

  function programme() {
    stops.push(...entries.map((entry) => entry.player));
    return entries.length > 0 && el('section', { class: 'programme', 'aria-label': t('programme') },
      pack.playlist.text && el('p', { class: 'intro', dir: 'auto' }, pack.playlist.text),
      entries.map((entry, i) => el('section', { class: 'call entry', id: `entry-${i + 1}` },
        el('div', { class: 'head' }, el('h2', null, el('span', { class: 'number' }, figure(i + 1)), ' ', person(titleOf(entry.call))),
          el('span', { class: 'soft' }, when(entry.call.started_at), ' · ',
            figure(`${clock(entry.start_ms)}–${clock(entry.end_ms)}`), ' · ', el('a', { href: `#call-${entry.id}` }, t('about-call')))),
        entry.text && el('div', { class: 'say' }, el('p', { dir: 'auto' }, entry.text)), entry.player.node)));
  }

  // ---- the keyboard: keys by their place, so that they work under an Arabic layout

  let at = -1;
  function go(way) {
    at = Math.min(Math.max(at + way, 0), stops.length - 1);
    stops[at].node.closest('.call').scrollIntoView({ block: 'start' });
    stops[at].node.querySelector('.line').focus({ preventScroll: true });
  }
  function keyboard(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    const sounding = stops.findIndex((stop) => !stop.audio.paused), focused = stops.findIndex((stop) => stop.node.contains(event.target));
    if (focused >= 0) at = focused; else if (sounding >= 0) at = sounding;
    const now = stops[Math.max(at, 0)], help = document.getElementById('keys');
    const own = event.target.closest?.('button, a, [role=slider]');
    const keys = {
      KeyN: () => go(1), KeyJ: () => go(1), KeyP: () => go(-1), KeyK: () => go(-1), KeyH: () => { help.hidden = !help.hidden; },
      KeyS: () => now.speed(event.shiftKey ? -1 : 1),
      ...(!own && { Space: () => now.toggle(), ArrowRight: () => now.step(STEP_S), ArrowLeft: () => now.step(-STEP_S) }),
    };
    const act = event.key === '?' || event.key === '؟' ? keys.KeyH : keys[event.code];
    if (!act || !now) return;
    act();
    event.preventDefault();
  }
  function keyHelp() {
    return el('div', { id: 'keys', class: 'keys small', hidden: true }, [['N', 'key-next'], ['P', 'key-previous'], [t('key-space'), 'key-toggle'],
      ['← →', 'key-step'], ['S', 'key-speed'], ['H', 'key-help']].map(([key, does]) => el('span', null, el('kbd', null, bdi(key)), ' ', t(does))));
  }

  // ---- the page

  function list() {
    const nothing = el('p', { class: 'soft small', hidden: true }, t('nothing-found'));
    const links = pack.calls.map((call) => ({
      text: [titleOf(call), callerOf(call), calleeOf(call), call.short_id, ...call.tags, ...moments(call).map((m) => m[1])].join(' ').toLowerCase(),
      node: el('li', null, el('a', { href: `#call-${call.id}` },
        el('span', { class: 'who', dir: 'auto' }, person(titleOf(call))),
        el('span', { class: 'when' }, when(call.started_at), ' · ', figure(clock(call.duration_ms ?? call.audio_ms))), pill(call))),
    }));
    const find = el('input', { type: 'search', placeholder: t('find'), 'aria-label': t('find'), oninput: () => {
      const needle = find.value.trim().toLowerCase();
      for (const link of links) link.node.hidden = !link.text.includes(needle);
      nothing.hidden = links.some((link) => !link.node.hidden);
    } });
    return el('nav', { class: 'list', 'aria-label': t('list') }, pack.calls.length > 7 && find, el('ul', null, links.map((link) => link.node)), nothing);
  }

  function follow() { // marks the call in view in the list
    const links = new Map([...document.querySelectorAll('.list a')].map((a) => [a.hash.slice(1), a]));
    const watch = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) {
        for (const link of links.values()) link.removeAttribute('aria-current');
        links.get(entry.target.id)?.setAttribute('aria-current', 'true');
      }
    }, { rootMargin: '-15% 0px -75% 0px' });
    for (const article of document.querySelectorAll('article')) watch.observe(article);
    links.values().next().value?.setAttribute('aria-current', 'true');
  }

  function leftOut() {
    return pack.left_out.length > 0 && el('section', { class: 'call', id: 'left-out' },
      el('h2', null, t('left-out'), ' ', el('span', { class: 'soft' }, figure(`(${pack.left_out.length})`))),
      el('p', { class: 'soft small' }, t('left-out-why')),
      el('table', null, el('thead', null, el('tr', null, el('th', { scope: 'col' }, 'ID'), el('th', { scope: 'col' }, t('reason')))),
        el('tbody', null, pack.left_out.map((one) => el('tr', null, el('td', null, el('code', null, figure(one.id))),
          el('td', null, words[`reason-${one.reason.replaceAll(' ', '-')}`] ?? one.reason))))));
  }

  const name = pack.playlist?.title ?? pack.flag;

  function top() {
    const clips = pack.calls.flatMap((call) => call.clips);
    const fact = (key, ...value) => el('span', null, t(key), ': ', el('b', null, ...value));
    return el('header', { class: 'top' },
      el('h1', null, t('title'), name && [': ', bdi(name)]),
      el('p', { class: 'top-facts' }, fact('calls', figure(pack.calls.length)),
        clips.length !== pack.calls.length && fact('clips', figure(clips.length)),
        fact('length', figure(clock(clips.reduce((sum, clip) => sum + clip.end_ms - clip.start_ms, 0)))),
        fact('created', when(pack.created_at)),
        pack.created_by && fact('made-by', bdi(pack.created_by)),
        pack.ranges_only && el('b', null, t('ranges-only')), pack.numbers_masked && el('b', null, t('numbers-masked')),
        el('button', { class: 'keys-button', type: 'button', 'aria-controls': 'keys', onclick: () => {
          const keys = document.getElementById('keys');
          keys.hidden = !keys.hidden;
        } }, t('keyboard'))),
      keyHelp());
  }

  put(document.getElementById('page'), [top(),
    el('div', { class: 'columns' }, list(), el('main', null, programme(), entries.length > 0 && el('h2', { class: 'calls-head' }, t('calls')),
      pack.calls.map(article))),
    el('footer', { class: 'foot' }, leftOut(), el('p', null, t('care')))]);
  if (name) document.title = `${t('title')}: ${name}`;
  document.addEventListener('keydown', keyboard);
  follow();
})();
