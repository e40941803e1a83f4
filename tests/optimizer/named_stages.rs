//! The choice of stages that each named method is, as its documentation says.

use natgrad::optimizer::stage::{
    BiasCorrection, Clip, Decay, DecayForm, Epsilon, EpsilonExponent, EpsilonRule, Momentum, Preconditioner,
    RateDecay, SecondMoment, Statistic,
};
use natgrad::optimizer::{
    AdaGrad, Adam, AdamW, Averaged, FAdam, RmsProp, RootFreeAdamW, RootFreeRmsProp, Stages,
};

fn plain(p: f64, epsilon: f64) -> Preconditioner {
    let epsilon = Epsilon::new(EpsilonRule::E1, epsilon, 1.0).unwrap();
    Preconditioner::new(p, epsilon.with_exponent(EpsilonExponent::Plain)).unwrap()
}

fn decay(rate: f64, form: DecayForm) -> Decay {
    Decay::new(rate, form, Clip::off()).unwrap()
}

fn adam() -> Stages {
    Stages {
        second_moment: SecondMoment::new(0.8, BiasCorrection::Divided).unwrap(),
        statistic: Statistic::SecondMoment,
        preconditioner: plain(0.5, 0.01),
        clip: Clip::off(),
        momentum: Momentum::new(0.7, true).unwrap(),
        averaged: Averaged::Gradient,
        decay: decay(0.3, DecayForm::Penalty),
        rate_decay: RateDecay::none(),
    }
}

#[test]
fn adam_and_its_variants() {
    let settings = Adam { beta1: 0.7, beta2: 0.8, epsilon: 0.01, weight_decay: 0.3, ..Adam::default() };
    assert_eq!(settings.stages().unwrap(), adam());
    let largest = Stages { statistic: Statistic::Largest, ..adam() };
    assert_eq!(Adam { amsgrad: true, ..settings }.stages().unwrap(), largest);
    let adamw = AdamW { beta1: 0.7, beta2: 0.8, epsilon: 0.01, weight_decay: 0.3, ..AdamW::default() };
    let decoupled = Stages { decay: decay(0.3, DecayForm::Decoupled), ..adam() };
    assert_eq!(adamw.stages().unwrap(), decoupled);
    assert_eq!(FAdam::default().stages().unwrap().statistic, Statistic::SecondMoment);
    assert_eq!(FAdam::default().stages().unwrap().rate_decay, RateDecay::none());
}

#[test]
fn rmsprop_and_adagrad() {
    let settings =
        RmsProp { beta2: 0.8, epsilon: 0.01, momentum: 0.7, weight_decay: 0.3, ..RmsProp::default() };
    let expected = Stages {
        second_moment: SecondMoment::new(0.8, BiasCorrection::None).unwrap(),
        momentum: Momentum::sum(0.7).unwrap(),
        averaged: Averaged::NaturalGradient,
        ..adam()
    };
    assert_eq!(settings.stages().unwrap(), expected);
    let corrected =
        Stages { second_moment: adam().second_moment, statistic: Statistic::Variance, ..expected };
    let settings = RmsProp { centered: true, bias_correction: true, ..settings };
    assert_eq!(settings.stages().unwrap(), corrected);
    let settings = AdaGrad {
        lr_decay: 0.6,
        initial_accumulator: 0.4,
        epsilon: 0.01,
        weight_decay: 0.3,
        ..AdaGrad::default()
    };
    let expected = Stages {
        second_moment: SecondMoment::sum().starting_at(0.4).unwrap(),
        momentum: Momentum::sum(0.0).unwrap(),
        rate_decay: RateDecay::new(0.6).unwrap(),
        ..expected
    };
    assert_eq!(settings.stages().unwrap(), expected);
}

#[test]
fn root_free() {
    let settings = RootFreeRmsProp {
        batch: 4,
        beta2: 0.8,
        epsilon: 0.01,
        momentum: 0.7,
        weight_decay: 0.3,
        ..RootFreeRmsProp::default()
    };
    let expected = Stages {
        second_moment: SecondMoment::new(0.8, BiasCorrection::None).unwrap().starting_at(0.25).unwrap(),
        preconditioner: plain(1.0, 0.01).of_means_over(4.0).unwrap(),
        momentum: Momentum::sum(0.7).unwrap(),
        averaged: Averaged::NaturalGradient,
        decay: decay(0.3, DecayForm::Averaged),
        ..adam()
    };
    assert_eq!(settings.stages().unwrap(), expected);
    let settings = RootFreeAdamW {
        batch: 4,
        beta1: 0.7,
        beta2: 0.8,
        epsilon: 0.01,
        weight_decay: 0.3,
        ..RootFreeAdamW::default()
    };
    let expected = Stages {
        momentum: Momentum::new(0.7, false).unwrap(),
        averaged: Averaged::Gradient,
        decay: decay(0.3, DecayForm::Decoupled),
        ..expected
    };
    assert_eq!(settings.stages().unwrap(), expected);
    let corrected = Stages {
        second_moment: SecondMoment::new(0.8, BiasCorrection::Divided).unwrap().starting_at(0.25).unwrap(),
        momentum: Momentum::new(0.7, true).unwrap(),
        ..expected
    };
    assert_eq!(RootFreeAdamW { bias_correction: true, ..settings }.stages().unwrap(), corrected);
}
